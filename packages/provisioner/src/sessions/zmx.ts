import type { SessionInfo, SessionState } from "./session-info.ts";
import { isSessionName } from "./session-name.ts";

const known: ReadonlySet<string> = new Set(["name", "clients", "created", "ended", "exit_code", "status"]);

/**
 * A line of `zmx list`: `key=value`, separated by tabs (zmx 0.5 to 0.7: src/util.zig). Values are not escaped, and a session may have labels of
 * any name: of each key the first counts. Undefined for what is no session of ours, or one that is being cleared away.
 */
export function parseZmxLine(line: string): SessionInfo | undefined {
  const values = new Map<string, string>();
  // inside a session each line begins with a mark of two characters
  for (const pair of line.replace(/^(?:→ | {2})/, "").split("\t")) {
    const cut = pair.indexOf("=");
    const key = pair.slice(0, Math.max(cut, 0));
    if (known.has(key) && !values.has(key)) values.set(key, pair.slice(cut + 1));
  }
  const name = values.get("name") ?? "";
  if (!isSessionName(name) || values.get("status") === "cleaning up") return undefined;
  const clients = readCount(values.get("clients"));
  const created = readCount(values.get("created"));
  return {
    name,
    state: toState(values, clients),
    clients: clients ?? 0,
    createdAt: created === undefined ? undefined : new Date(created * 1000),
    exitCode: readCount(values.get("exit_code")),
    keeper: "zmx",
  };
}

function toState(values: ReadonlyMap<string, string>, clients: number | undefined): SessionState {
  if (values.has("ended")) return "ended";
  if (clients === undefined) return "unreachable";
  return clients > 0 ? "attached" : "detached";
}

function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
