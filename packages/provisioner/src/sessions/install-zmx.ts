import { quoteForShell } from "@pixels/core/backend";
import { type ZmxRelease, zmxRelease } from "./zmx-release.ts";

const PATH = "/usr/local/bin/zmx";
/** For a site that does not answer, and for all of the download. */
const CONNECT_SECONDS = 15;
const DOWNLOAD_SECONDS = 300;

/**
 * POSIX sh that puts zmx where every account finds it: run it as root. Needs curl, or else wget. Where zmx is there already it does nothing; where
 * it fails, it says why in its last line, ends with 1 and leaves nothing behind.
 */
export function formatZmxInstall({ version, site, archives }: ZmxRelease = zmxRelease): string {
  const rows = Object.entries(archives).map(([machine, sum]) => `${machine}) sum=${sum} ;;`);
  return `
set -eu
if command -v zmx >/dev/null 2>&1; then exit 0; fi
machine=$(uname -m)
case $machine in
${rows.join("\n")}
*) echo "there is no zmx for $machine"; exit 1 ;;
esac
archive=zmx-${version}-linux-$machine.tar.gz
url=${quoteForShell(site)}/$archive
work=$(mktemp -d)
trap 'rm -rf "$work" ${PATH}.part' EXIT
if command -v curl >/dev/null 2>&1; then
  set -- curl -fsSL --connect-timeout ${CONNECT_SECONDS} -m ${DOWNLOAD_SECONDS} -o "$work/$archive" "$url"
elif command -v wget >/dev/null 2>&1; then
  set -- timeout ${DOWNLOAD_SECONDS} wget -q -T ${CONNECT_SECONDS} -t 1 -O "$work/$archive" "$url"
else
  echo "neither curl nor wget is there to download zmx"
  exit 1
fi
if ! "$@"; then echo "zmx could not be downloaded from $url"; exit 1; fi
got=$(sha256sum "$work/$archive")
if [ "\${got%% *}" != "$sum" ]; then
  echo "what $url gave is not zmx ${version}: its SHA-256 is \${got%% *}, not $sum"
  exit 1
fi
tar -xzf "$work/$archive" -C "$work" zmx
# of one piece: nobody finds half of it
install -m 0755 "$work/zmx" ${PATH}.part
mv ${PATH}.part ${PATH}
`;
}
