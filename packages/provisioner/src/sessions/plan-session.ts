import type { Command, TerminalSize } from "@pixels/core";
import type { SessionInfo, SessionKeeper } from "./session-info.ts";
import type { SessionName } from "./session-name.ts";
import { attachScript, ensureScript, listScript } from "./session-scripts.ts";
import { parseTmuxLine, toTmuxName } from "./tmux.ts";
import { parseZmxLine } from "./zmx.ts";

export interface EnsurePlan {
  readonly name: SessionName;
  /** Of the terminal that will be attached. */
  readonly size: TerminalSize;
  /** Names of variables of the command's own environment that the session is to have. */
  readonly variables: readonly string[];
}

/**
 * Makes a session where it is not there yet. Run it without a terminal and to its end: what keeps the session must not be born in a command that
 * ends with its connection. Its output is for `parseEnsured`.
 */
export function planEnsureSession({ name, size, variables }: EnsurePlan): Command {
  const { columns, rows } = size;
  const words = [name, toTmuxName(name), String(columns), String(rows), variables.join(" ")];
  return ["sh", "-c", ensureScript, "pixels", ...words];
}

/** What keeps the session; undefined where the sandbox has nothing that could. */
export function parseEnsured(output: string): SessionKeeper | undefined {
  const word = output.trim();
  return word === "tmux" || word === "zmx" ? word : undefined;
}

/** Shows a session that is there. Run it on a terminal; it ends with 0 when it is detached or the session ends. */
export function planAttachSession(name: SessionName, keeper: SessionKeeper): Command {
  return ["sh", "-c", attachScript, "pixels", keeper, keeper === "tmux" ? toTmuxName(name) : name];
}

/** Lists the account's sessions. Its output is for `parseSessions`. */
export function planListSessions(): Command {
  return ["sh", "-c", listScript, "pixels"];
}

/** By name. */
export function parseSessions(output: string): readonly SessionInfo[] {
  const found = output.split("\n").flatMap((line) => {
    const cut = line.indexOf(" ");
    const parse = { tmux: parseTmuxLine, zmx: parseZmxLine }[line.slice(0, cut)];
    return parse?.(line.slice(cut + 1)) ?? [];
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
