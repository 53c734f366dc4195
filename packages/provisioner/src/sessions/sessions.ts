import {
  CapabilityUnsupportedError,
  type CallOptions,
  expectSuccess,
  InvalidArgumentError,
  type Sandbox,
  type TerminalSize,
} from "@pixels/core";
import { parseEnsured, parseSessions, planEnsureSession, planListSessions } from "./plan-session.ts";
import type { SessionInfo, SessionKeeper } from "./session-info.ts";
import type { SessionName } from "./session-name.ts";

/** Whose sessions: root's own, or those of the sandbox's account. */
export interface SessionAccountOptions extends CallOptions {
  readonly root: boolean;
}

export interface EnsureSessionOptions extends SessionAccountOptions {
  readonly size: TerminalSize;
  /** Variables that the session's shell has besides a login's; they show in no list of processes. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes a persistent session, where it is not there or has ended, and gives what keeps it. Rejects with INVALID_ARGUMENT for the name of a variable
 * that no shell has, CAPABILITY_UNSUPPORTED in a sandbox that has neither zmx nor tmux, COMMAND_FAILED where neither makes one, and as `exec` does.
 */
export async function ensureSession(
  sandbox: Sandbox,
  name: SessionName,
  { root, size, env, signal }: EnsureSessionOptions,
): Promise<SessionKeeper> {
  const odd = Object.keys(env).find((variable) => !/^[A-Za-z_]\w*$/.test(variable));
  if (odd !== undefined)
    throw new InvalidArgumentError(`env: a session cannot have a variable named ${JSON.stringify(odd)}`, {
      next: "use letters, digits and underscores",
    });
  const command = planEnsureSession({ name, size, variables: Object.keys(env) });
  const { stdout } = expectSuccess(await sandbox.exec(command, { root, env, signal }));
  const keeper = parseEnsured(stdout);
  if (keeper !== undefined) return keeper;
  throw new CapabilityUnsupportedError(
    `sandbox ${JSON.stringify(sandbox.name)} has neither zmx nor tmux, one of which keeps a console's session`,
    {
      context: { sandbox: sandbox.name },
      next: `install one with: pixels exec --root ${sandbox.name} -- apt-get install -y tmux, or open a shell that ends with the connection: pixels console --no-persist ${sandbox.name}`,
    },
  );
}

/** The account's sessions by name; none where nothing could keep one. Rejects as `exec` does. */
export async function listSessions(
  sandbox: Sandbox,
  { root, signal }: SessionAccountOptions,
): Promise<readonly SessionInfo[]> {
  const { stdout } = expectSuccess(await sandbox.exec(planListSessions(), { root, signal }));
  return parseSessions(stdout);
}
