import type { Command } from "../command.ts";
import { makeLauncherScript, readerScript } from "./launcher-scripts.ts";
import { type LaunchSpec, planCommand } from "./launcher.ts";

/*
 * The launcher leads the session that the terminal belongs to, and the command begins in its group of processes, the terminal's foreground. Until
 * the command is there the terminal passes on bytes as they are: it would echo the preamble, with the secrets in it, cut lines at 4096
 * bytes and take some bytes for keys.
 */

// a key that interrupts is for the command, which must not inherit that it is ignored; HUP stays what ends the launcher
const prepare = `
p=$(stty iutf8 2>/dev/null; stty -g) && stty raw -echo -iexten || fail 'cannot set its terminal'
while IFS=: read -r y x t x; do [ "$y" = tty ] && break; done </etc/group
[ "$y" = tty ] || t=$g
chown "$i:$t" /proc/self/fd/0 && chmod 620 /proc/self/fd/0 || fail 'cannot hand its terminal over'
trap '' INT QUIT
set -- "$1" "$2" "px_terminal=$p; $3"
`;

const enter = "trap - INT QUIT; tell ready";

const terminalLauncherScript = makeLauncherScript({ prepare, enter });

/** A name that the sandbox's terminfo does not have would leave programs without a usable terminal. */
const findTerminfo = `(
  case \${TERM-} in '' | */* | .*) exit 1 ;; esac
  for d in "\${TERMINFO-}" "$HOME/.terminfo" /etc/terminfo /lib/terminfo /usr/share/terminfo /usr/lib/terminfo; do
    [ ! -e "$d/\${TERM%"\${TERM#?}"}/$TERM" ] || exit 0
  done
  exit 1
) || export TERM=xterm-256color`;

/**
 * Run this as root on a terminal that it is the session leader of, with the sandbox's own account in PIXELS_ACCOUNT. It says the line "ready"
 * (`LaunchGate.ready`) once the terminal neither echoes nor interprets anything; only then `planTerminalCommand` may follow. Losing the
 * connection must hang the terminal up or kill the launcher: its guard then kills the command.
 */
export function planTerminalLauncher({ id, account = "" }: Pick<LaunchSpec, "id" | "account">): Command {
  return ["sh", "-c", terminalLauncherScript, "pixels", id, account, readerScript];
}

/**
 * As `planCommand`, for a launcher on a terminal: gives the terminal its settings back. TERM is "xterm-256color" where the sandbox does not know the
 * one of `env`. Once the launcher has said that the command is about to run, it waits for TERMINAL_GO.
 */
export function planTerminalCommand(spec: Pick<LaunchSpec, "command" | "cwd" | "env">): Uint8Array {
  const begin = [
    `/bin/stty "$px_terminal" || fail 'cannot reset its terminal'`,
    "tell ok",
    "read -r px_go",
    // a terminal that was hung up ends the input too
    "[ -t 0 ] || exit 125",
  ];
  return planCommand(spec, { begin: begin.join("\n"), beforeCommand: findTerminfo });
}

/**
 * What has the command begin: the launcher's word has been read. A program may begin by flushing its terminal's output, which would take that
 * word with it. It is the end of an input of nothing, which no terminal echoes; the command's own input follows.
 */
export const TERMINAL_GO: Uint8Array = Uint8Array.of(4);
