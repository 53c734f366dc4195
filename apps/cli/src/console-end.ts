import {
  type CallOptions,
  ConnectionLostError,
  type ExitStatus,
  PixelsError,
  type Sandbox,
  SandboxNotRunningError,
} from "@pixels/core";
import { DEFAULT_SESSION, listSessions, type SessionInfo, type SessionName } from "@pixels/provisioner";

/** Which session of which account a console shows. */
export interface ConsoleSession {
  readonly sandbox: Sandbox;
  readonly session: SessionName;
  readonly root: boolean;
}

/** What brings somebody back to a session. */
function toConsoleCommand({ sandbox, session, root }: ConsoleSession): string {
  const flags = [
    ...(session === DEFAULT_SESSION
      ? []
      : [session.startsWith("-") ? `--session=${session}` : `-s ${session}`]),
    ...(root ? ["--root"] : []),
  ];
  return ["pixels console", ...flags, sandbox.name].join(" ");
}

/** Why a console is over. */
export interface ConsoleEnd {
  readonly exitCode: number;
  /** For people. */
  readonly words: string;
}

/**
 * What has become of a session whose terminal is gone: its shell has ended, or it goes on. Rejects with CONNECTION_LOST where it goes on and nobody
 * has asked to be let go, and with SANDBOX_NOT_RUNNING where it was stopped with the sandbox.
 */
export async function findConsoleEnd(
  shown: ConsoleSession,
  status: ExitStatus,
  options: CallOptions,
): Promise<ConsoleEnd> {
  const found = await findSession(shown, options);
  const session = `session ${JSON.stringify(shown.session)}`;
  if (found === undefined || found.state === "ended") {
    const { exitCode = status.exitCode } = found ?? {};
    return { exitCode, words: `${session} has ended${exitCode === 0 ? "" : ` with ${exitCode}`}` };
  }
  const back = `come back with: ${toConsoleCommand(shown)}`;
  if (status.exitCode === 0) return { exitCode: 0, words: `detached; ${back}` };
  throw new ConnectionLostError(`the terminal of ${session} was closed (exit code ${status.exitCode})`, {
    next: `the session goes on; ${back}`,
  });
}

async function findSession(
  { sandbox, session, root }: ConsoleSession,
  { signal }: CallOptions,
): Promise<SessionInfo | undefined> {
  try {
    return (await listSessions(sandbox, { root, signal })).find(({ name }) => name === session);
  } catch (error) {
    if (!PixelsError.is(error) || error.code !== "SANDBOX_NOT_RUNNING") throw error;
    const name = JSON.stringify(sandbox.name);
    throw new SandboxNotRunningError(`sandbox ${name} was stopped, and its sessions with it`, {
      cause: error,
      next: `start it again with: pixels start ${sandbox.name}`,
    });
  }
}

/** The same error, or one that says that the session does without the connection. */
export function toConsoleError(error: unknown, shown: ConsoleSession): unknown {
  if (!PixelsError.is(error) || error.code !== "CONNECTION_LOST") return error;
  return new ConnectionLostError(
    `the connection to sandbox ${JSON.stringify(shown.sandbox.name)} was lost; session ${JSON.stringify(shown.session)} does not need it`,
    { cause: error, context: error.context, next: `come back with: ${toConsoleCommand(shown)}` },
  );
}
