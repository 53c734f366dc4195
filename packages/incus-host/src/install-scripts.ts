/** `installScript PACKAGE…`: from the distribution. Waits for another installation that is under way. */
export const installScript = `set -euo pipefail
exec 8</var/lib/apt; flock 8
apt-get install --yes --quiet=2 --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
`;

/** `updateScript`: reads the package lists. */
export const updateScript = `set -euo pipefail
exec 8</var/lib/apt; flock 8
apt-get update --quiet=2
`;

/** `addSourceScript NAME TEXT`: adds package sources. */
export const addSourceScript = `set -euo pipefail
umask 022
printf '%s' "$2" >"/etc/apt/sources.list.d/$1"
`;
