import {
  parseSandboxName,
  PixelsError,
  type CallOptions,
  parseSnapshotName,
  type SandboxInfo,
  type SnapshotInfo,
} from "@pixels/core";
import { abortable } from "@pixels/core/backend";
import type { Session, SessionOptions } from "../compose.ts";
import type { AccountSession } from "../session-rows.ts";

/** Whoever presses TAB waits no longer than this for the server. */
const TIME_LIMIT_MS = 2000;

/** Where sandboxes are looked for, as the line and the environment have it. */
export type LookupOptions = Pick<SessionOptions, "env" | "configPath" | "backend">;

/** All sandboxes; bases, as `list` hides them, only where what is typed begins like one. None where the server cannot be asked in time. */
export async function findSandboxes(typed: string, options: LookupOptions): Promise<readonly SandboxInfo[]> {
  return await lookUp(options, async ({ client, config }, { signal }) => {
    const found: SandboxInfo[] = [];
    for await (const info of client.list({ signal })) found.push(info);
    const { basePrefix } = config.mcp;
    return found.filter(({ name }) => typed.startsWith(basePrefix) || !name.startsWith(basePrefix));
  });
}

/** The checkpoints of a sandbox whose labels commands take. None where there is no such sandbox, or the server cannot be asked in time. */
export async function findCheckpoints(
  sandbox: string,
  options: LookupOptions,
): Promise<readonly SnapshotInfo[]> {
  return await lookUp(options, async ({ client }, { signal }) => {
    const found = await client.sandbox(parseSandboxName(sandbox)).snapshots.list({ signal });
    // others, made by Incus's own client, would be refused
    return found.filter(({ name }) => isTaken(name));
  });
}

/** The persistent sessions of a sandbox, of whatever account. None where there is no such sandbox that runs, or it cannot be asked in time. */
export async function findSessions(
  sandbox: string,
  options: LookupOptions,
): Promise<readonly AccountSession[]> {
  return await lookUp(options, async ({ client }, { signal }) => {
    const { findAllSessions } = await import("../find-sessions.ts");
    return await findAllSessions(client.sandbox(parseSandboxName(sandbox)), { signal });
  });
}

function isTaken(label: string): boolean {
  try {
    parseSnapshotName(label);
    return true;
  } catch (error) {
    if (!PixelsError.is(error)) throw error;
    return false;
  }
}

const ignore = (): void => {};

async function lookUp<T>(
  options: LookupOptions,
  ask: (session: Session, callOptions: CallOptions) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const work = async (): Promise<readonly T[]> => {
    const { openSession } = await import("../compose.ts");
    await using session = await openSession({ ...options, warn: ignore, debug: ignore, signal });
    return await ask(session, { signal });
  };
  try {
    return await abortable(work(), signal);
  } catch {
    // nobody asked for these names yet: what is wrong is told by the command itself
    return [];
  }
}
