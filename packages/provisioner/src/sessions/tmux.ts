import type { SessionInfo } from "./session-info.ts";
import { isSessionName, type SessionName } from "./session-name.ts";

/*
 * tmux as the keeper of sessions: a server of our own beside whatever tmux the user has, and none of its keys, lines and windows. A session whose shell
 * has ended stays as a dead pane, with the exit code in an option of ours: the server itself may miss the end of a process for a while, where it
 * was built with libutempter, which takes its SIGCHLD away for a moment.
 */

/** tmux makes "_" of the dots in a session's name: "_" and "." are written so that no two names become one. */
export function toTmuxName(name: SessionName): string {
  return name.replaceAll("_", "__").replaceAll(".", "_d");
}

/** Undefined for a name that is none of ours. */
export function fromTmuxName(text: string): SessionName | undefined {
  const name = text.replaceAll(/_(.?)/g, (_, mark: string) => ({ _: "_", d: "." })[mark] ?? "\0");
  return isSessionName(name) ? name : undefined;
}

/** One line a session, of what has no colon in it; tmux would make "_" of a tab. */
export const TMUX_LIST_FORMAT = `#{session_created}:#{session_attached}:#{pane_dead}:#{@pixels_exit}:#{session_name}`;

/** A line of `list-sessions` in that format; undefined for what is none. */
export function parseTmuxLine(line: string): SessionInfo | undefined {
  const match = /^(?<created>\d+):(?<clients>\d+):(?<dead>[01]?):(?<exit>\d*):(?<name>.+)$/.exec(line);
  const { created = "", clients = "", dead, exit = "", name: text = "" } = match?.groups ?? {};
  const name = fromTmuxName(text);
  if (match === null || name === undefined) return undefined;
  const ended = dead === "1" || exit !== "";
  const attached = Number(clients) > 0 ? "attached" : "detached";
  return {
    name,
    state: ended ? "ended" : attached,
    clients: Number(clients),
    createdAt: new Date(Number(created) * 1000),
    exitCode: exit === "" ? undefined : Number(exit),
    keeper: "tmux",
  };
}

/** "true" in place of a client that is let go keeps it from saying a last word. */
const LET_GO = "detach-client -s '' -E true";

/** What a session's pane runs: the account's shell as a login's, and then word of its end for whoever looks. The key that interrupts is for the shell alone. */
export const tmuxShellScript = `
trap '' INT QUIT
# it would tell of a shell that was killed
exec 3>&2 2>/dev/null
(trap - INT QUIT; exec "\${SHELL:-/bin/sh}" -l 2>&3 3>&-)
px_exit=$?
tmux -u -L pixels set-option @pixels_exit $px_exit \\; clear-history \\; ${LET_GO} >/dev/null 2>&1
exit $px_exit
`;

/** Each is one command of tmux. With -q where older versions have no such option. */
export const tmuxSettings: readonly (readonly string[])[] = [
  // it would end before there is a session
  ["set", "-s", "exit-empty", "off"],
  ["set", "-s", "escape-time", "10"],
  ["set", "-g", "prefix", "None"],
  ["set", "-g", "prefix2", "None"],
  ["set", "-g", "status", "off"],
  ["set", "-g", "history-limit", "50000"],
  ["set", "-g", "set-titles", "on"],
  ["set", "-g", "set-titles-string", "#T"],
  ["set", "-gq", "remain-on-exit-format", ""],
  ["unbind-key", "-a", "-T", "root"],
  ["bind-key", "-n", "C-\\", "detach-client", "-E", "true"],
];
