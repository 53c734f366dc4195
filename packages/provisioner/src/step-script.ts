import { FOLDER, RECORD } from "./record.ts";

/** A step that a shell in the sandbox does. */
export interface ScriptStep {
  readonly id: string;
  readonly title: string;
  /** Ids of steps of the same script without which this one is skipped. */
  readonly needs?: readonly string[];
  /**
   * POSIX sh, run as root with `set -eu`, in a subshell of its own: what it prints is its log, its exit code decides. It may call `fail REASON`,
   * `skip REASON`, `tell DETAIL` and `foreign COMMAND…`. Doing it again changes nothing.
   */
  readonly script: string;
}

/**
 * What every script of steps begins with. Descriptor 5 is the record, 6 what `tell` and `skip` say, 7 what the caller hears: a line for each state,
 * and anything as a sign of life.
 */
const frame = `
umask 022
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
state=${FOLDER}
failed=
exec 5>>${RECORD} 7>&1
[ -e /etc/environment ] || : >/etc/environment
# dash knows no time of its own, and a program costs a millisecond: the quick steps share one
now() { time=$(date +%s); }
note() {
  printf 'state\\t%s\\t%s\\t%s\\t%s\\n' "$step" "$1" "$time" "\${2-}" >&5
  printf 'state\\t%s\\t%s\\t%s\\t%s\\n' "$step" "$1" "$time" "\${2-}" >&7
}
tell() { printf %s "$1" >&6; }
fail() { printf '%s\\n' "$1"; exit 1; }
skip() { tell "$1"; exit 75; }
# what a log must not have: the values of variables, as any of them may be a secret
secrets=0
while IFS= read -r line || [ -n "$line" ]; do
  line=\${line#export }
  value=\${line#*=} line=\${line%%=*}
  case $line in PATH | LANG | LC_* | SSL_CERT_FILE | NODE_EXTRA_CA_CERTS | REQUESTS_CA_BUNDLE) continue ;; esac
  case $value in \\"*\\" | \\'*\\') value=\${value#?} value=\${value%?} ;; esac
  [ \${#value} -ge 6 ] || continue
  secrets=$((secrets + 1))
  eval "secret_$secrets=\\$value"
done </etc/environment
redact() {
  count=0
  while [ $count -lt $secrets ]; do
    count=$((count + 1)) out=
    eval "value=\\$secret_$count"
    while :; do
      case $line in
      *"$value"*) out="$out\${line%%"$value"*}[redacted]" line=\${line#*"$value"} ;;
      *) break ;;
      esac
    done
    line=$out$line
  done
}
# a program of the distribution or of a tool: its output is a sign of life. A daemon that it has started may hold that open after its end
foreign() {
  { "$@" 2>&1 </dev/null 6>&- 7>&-; printf '\\n#ended %s\\n' $?; } | {
    while IFS= read -r line; do
      case $line in
      '#ended '*) exit "\${line#* }" ;;
      '') continue ;;
      esac
      redact
      printf '%s\\n' "$line"
      echo . >&7
    done
    exit 1
  }
}
run() {
  step=$1
  for need in $3; do
    case " $failed " in *" $need "*) failed="$failed $step"; note skipped "it needs \${need#tool-}"; return ;; esac
  done
  log=$state/$step.log
  note running
  said=$(set -eu; exec 6>&1 >"$log" 2>&1 5>&- </dev/null; "$2")
  case $? in
  0) now; note done "$said" ;;
  75) now; failed="$failed $step"; note skipped "$said" ;;
  *)
    failed="$failed $step"
    now; note failed "$(reason "$log")"
    tail -c 4096 "$log" | while IFS= read -r line; do printf 'log\\t%s\\t%s\\n' "$step" "$line"; done >&7
    return ;;
  esac
  [ -s "$log" ] || rm -f "$log"
}
# who will see to what is left to do: a process, which is known by its number and the moment it began
name_runner() {
  read -r stat <"/proc/$1/stat"
  set -- "$1" \${stat##*) }
  printf 'runner\\t%s\\t%s\\n' "$1" "\${21}" >&5
}
# the line of a log that says most
reason() {
  line=$(grep -m 1 -E '(^E: |ERROR Failed)' "$1") || line=$(tail -n 1 "$1")
  printf %s "\${line#mise ERROR }" | tr '\\t' ' ' | cut -c 1-200
}
now
`;

export interface ScriptOptions {
  /** What comes after the frame and before the steps: variables, and functions that steps share. */
  readonly preamble: string;
  /** What comes after the steps. */
  readonly epilogue?: string;
}

/** A script that does the steps one after the other, and says and writes down how it goes with each. */
export function formatScript(
  steps: readonly ScriptStep[],
  { preamble, epilogue = "" }: ScriptOptions,
): string {
  const named = steps.map((step) => ({ ...step, call: `step_${step.id.replaceAll("-", "_")}` }));
  return [
    frame,
    preamble,
    ...named.map(({ call, script }) => `${call}() {\n${script.trim()}\n}\n`),
    ...named.map(({ id, call, needs = [] }) => `run ${id} ${call} '${needs.join(" ")}'\n`),
    epilogue,
    "exit 0\n",
  ].join("");
}
