import { forEachVariable } from "@pixels/core/backend";

export const PROFILE_FILE = "/etc/profile.d/pixels.sh";

const keepOrExport = `if [ "$px_line" = PATH ] || eval "[ -z \\"\\\${$px_line+x}\\" ]"; then export "$px_line=$px_value"; fi`;

/**
 * What every login shell reads. /etc/environment is read for logins that no PAM has brought it to; what the login has already counts more, but
 * for PATH, which /etc/profile has just set anew.
 */
export const loginProfile = `# what a login in a sandbox has; written by pixels
if [ -r /etc/environment ]; then
  ${forEachVariable(keepOrExport)}
  unset px_line px_value
fi

case :$PATH: in
*":$HOME/.local/share/mise/shims:"*) ;;
*) PATH="$HOME/.local/bin:$HOME/.local/share/mise/shims:$PATH" ;;
esac
export PATH

# the same for logins with and without a XDG_RUNTIME_DIR, or each would see sessions of its own
export ZMX_DIR="\${ZMX_DIR:-/tmp/zmx-\${UID:-$(id -u)}}"
`;
