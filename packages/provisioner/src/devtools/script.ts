import { quoteForShell } from "@pixels/core/backend";
import { aptScript } from "../apt-script.ts";
import type { ProvisionStep } from "../provisioning.ts";
import { FOLDER } from "../record.ts";
import { formatZmxInstall } from "../sessions/install-zmx.ts";
import { ACCOUNT } from "../setup-steps.ts";
import { formatScript, type ScriptStep } from "../step-script.ts";
import { type Tool, tools } from "./tools.ts";

/** The installer in the sandbox; root may run it again. */
export const DEVTOOLS_SCRIPT = `${FOLDER}/devtools`;
const CONFIG = ".config/mise/config.toml";
/** Where mise's own installer is, and its binaries on npm, by machine. */
const MISE_SITE = "https://mise.run";
const MISE_PACKAGE = "@jdxcode/mise-linux-";
/** Of one tool, with all that it downloads. */
const TOOL_SECONDS = 900;

/** What is common to the steps. One installer at a time; who it is stands in the record, so that its end shows however it ends. */
const preamble = (npmRegistry: string | undefined): string => `
exec 9>${FOLDER}/devtools.lock
! command -v flock >/dev/null || flock -n 9 || exit 0
name_runner $$
registry=${quoteForShell(npmRegistry ?? "")}
# the environment of this shell is a login's, but for what tells whose
as_pixel() {
  (
    cd "$home"
    unset MAIL
    export HOME="$home" USER=${ACCOUNT} LOGNAME=${ACCOUNT} SHELL="$shell" MISE_YES=1 \\
      PATH="$home/.local/bin:$home/.local/share/mise/shims:\${PATH#*/mise/shims:}"
    [ -z "$registry" ] || export npm_config_registry="$registry"
    exec setpriv --reuid "$uid" --regid "$gid" --init-groups "$@" 9>&-
  )
}
get() { foreign as_pixel timeout -k 10 600 curl -fsSL --connect-timeout 15 --retry 1 -o "$2" "$1"; }
home=
while IFS=: read -r name x uid gid comment home shell; do [ "$name" = ${ACCOUNT} ] && break; home=; done </etc/passwd
${aptScript}
# the address of npm's registry, without a slash at its end
find_registry() {
  found=$registry
  [ -n "$found" ] || found=\${npm_config_registry-\${NPM_CONFIG_REGISTRY-}}
  [ -n "$found" ] || ! command -v npm >/dev/null || found=$(as_pixel npm config get registry 2>/dev/null) || true
  [ -n "$found" ] || found=$(sed -n 's/^registry *= *//p' "$home/.npmrc" /etc/npmrc 2>/dev/null | head -n 1)
  printf %s "\${found%/}"
}
`;

const miseScript = `
[ -n "$home" ] || fail "there is no user ${ACCOUNT}"
config=$home/${CONFIG}
if [ ! -e "$config" ]; then
  as_pixel mkdir -p "$home/.local/bin" "\${config%/*}"
  printf '%s\\n' '# tools of this account, by mise; those behind a # are not installed yet, or could not be' '[tools]' \\
    ${tools.map(({ name, version }) => quoteForShell(`# ${name} = "${version}"`)).join(" ")} | as_pixel tee "$config" >/dev/null
fi
[ ! -x "$home/.local/bin/mise" ] || return 0
command -v curl >/dev/null || install " curl ca-certificates"
if get ${MISE_SITE} "$home/.local/mise.part"; then
  if foreign as_pixel env MISE_INSTALL_PATH="$home/.local/bin/mise" timeout -k 10 600 sh "$home/.local/mise.part"; then
    rm -f "$home/.local/mise.part"
    return 0
  fi
fi
rm -f "$home/.local/mise.part"
case $(uname -m) in
x86_64) machine=x64 ;;
aarch64) machine=arm64 ;;
*) fail "mise's site cannot be reached, and npm has no mise for $(uname -m)" ;;
esac
from=$(find_registry)
[ -n "$from" ] || fail "mise's site cannot be reached, and no npm registry is named: set provision.npm_registry"
echo "taking it from npm instead"
work=$(as_pixel mktemp -d)
trap 'rm -rf "$work"' EXIT
get "$from/${MISE_PACKAGE}$machine/latest" "$work/about" || fail "neither mise's site nor the npm registry can be reached"
field() { as_pixel sed -n "s/.*\\"$1\\": *\\"\\([^\\"]*\\)\\".*/\\1/p" "$work/about" | head -n 1; }
url=$(field tarball) integrity=$(field integrity)
case $integrity in sha512-*) ;; *) fail "the npm registry tells no checksum of mise" ;; esac
get "$url" "$work/mise.tgz" || fail "mise could not be downloaded from the npm registry"
wanted=$(printf %s "\${integrity#sha512-}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
got=$(as_pixel sha512sum "$work/mise.tgz")
[ "\${got%% *}" = "$wanted" ] || fail "what the npm registry gave is not the mise that it tells of"
foreign as_pixel tar -xzf "$work/mise.tgz" -C "$work" package/bin/mise
as_pixel mv "$work/package/bin/mise" "$home/.local/bin/mise"
tell "from npm"`;

function toStep({ name, version, npm }: Tool): ScriptStep {
  const plain = `"$home/.local/bin/mise" use -g ${quoteForShell(`${name}@${version}`)}`;
  const byNpm = `"$home/.local/bin/mise" use -g ${quoteForShell(`npm:${npm}@${version}`)}`;
  const limit = `as_pixel timeout -k 10 ${TOOL_SECONDS}`;
  return {
    id: `tool-${name}`,
    title: name,
    needs: ["tool-mise"],
    script: `
! grep -q -E '^"?${npm === undefined ? name : `(${name}|npm:${npm})`}"? *=' "$home/${CONFIG}" || return 0
if foreign ${limit} ${plain}; then :${
      npm === undefined
        ? ""
        : `
elif ! as_pixel sh -c 'command -v npm' >/dev/null; then
  echo "there is no npm to take it from instead"
  return 1
elif foreign as_pixel env MISE_NPM_PACKAGE_MANAGER=npm timeout -k 10 ${TOOL_SECONDS} ${byNpm}; then
  tell "from npm"`
    }
else return 1; fi
as_pixel sed -i '/^# ${name} = /d' "$home/${CONFIG}"`,
  };
}

const steps: readonly ScriptStep[] = [
  { id: "tool-mise", title: "mise", script: miseScript },
  ...tools.map(toStep),
  {
    id: "tool-zmx",
    title: "zmx",
    script: `command -v curl >/dev/null || command -v wget >/dev/null || install " curl ca-certificates"
foreign sh -c ${quoteForShell(formatZmxInstall())}`,
  },
];

/** The script that installs mise and then each tool, one after the other, whatever becomes of the others. */
export function formatDevtools({ npmRegistry }: { readonly npmRegistry: string | undefined }): string {
  return `#!/bin/sh
# installs the developer tools, each as a step of its own; written by pixels, and may be run again as root
${formatScript(steps, { preamble: preamble(npmRegistry) })}`;
}

/** The same as steps that are not done yet. */
export const pendingDevtools: readonly ProvisionStep[] = steps.map(({ id, title }) => ({
  id,
  title,
  kind: "tool",
  state: "pending",
}));
