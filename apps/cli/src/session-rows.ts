import type { SessionInfo } from "@pixels/provisioner";
import { formatDuration, toTable } from "./output.ts";

/** A session with the account that it is of. */
export interface AccountSession {
  readonly account: string;
  readonly session: SessionInfo;
}

/** A session as `--json` shows it. */
export function toSessionJson({ account, session }: AccountSession): Record<string, unknown> {
  const { name, state, clients, createdAt, exitCode, keeper } = session;
  return {
    name,
    state,
    account,
    clients,
    created_at: createdAt?.toISOString() ?? null,
    exit_code: exitCode ?? null,
    keeper,
  };
}

/** Sessions as a table for people; ages count until `now`. */
export function toSessionRows(sessions: readonly AccountSession[], now: Date): string {
  return toTable(
    ["name", "state", "account", "clients", "age", "exit code"],
    sessions.map(({ account, session }) => [
      session.name,
      session.state,
      account,
      String(session.clients),
      session.createdAt === undefined
        ? ""
        : formatDuration(Math.max(0, now.getTime() - session.createdAt.getTime())),
      session.exitCode === undefined ? "" : String(session.exitCode),
    ]),
  );
}
