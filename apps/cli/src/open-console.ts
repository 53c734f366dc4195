import type { BaseContext } from "clipanion";
import {
  type CallOptions,
  type Command,
  type ExitStatus,
  InvalidArgumentError,
  type Sandbox,
  type SandboxName,
  type SpawnOptions,
} from "@pixels/core";
import {
  DEFAULT_SESSION,
  ensureSession,
  installDetachCommand,
  planAttachSession,
  type SessionName,
} from "@pixels/provisioner";
import type { Session } from "./compose.ts";
import { type ConsoleSession, findConsoleEnd, toConsoleError } from "./console-end.ts";
import { streamingSink } from "./exec-output.ts";
import { runOnTerminal } from "./exec-terminal.ts";
import { OutputClosedError } from "./failure.ts";
import { showProgress } from "./progress.ts";
import { revealSessionVariables } from "./session-variables.ts";
import { readTerminalSize } from "./terminal-size.ts";

/** Whatever the account's shell is, as a login's. */
const loginShell: Command = ["sh", "-c", 'exec "${SHELL:-/bin/sh}" -l'];

export interface ConsoleWish {
  readonly name: SandboxName;
  /** Undefined: a shell that ends with the connection. Absent: the session that is there for everybody. */
  readonly session?: SessionName | undefined;
  readonly persist: boolean;
  readonly root: boolean;
}

export interface OpenConsoleOptions extends CallOptions {
  readonly context: BaseContext;
}

/** Throws INVALID_ARGUMENT where there is nothing to show a console on. */
export function requireTerminal(name: SandboxName): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new InvalidArgumentError("a console needs a terminal here, as its input and output", {
    next: `run a command without one with: pixels exec ${name} -- <command>`,
  });
}

/** Shows a login shell of the sandbox on our terminal until it ends or is detached; gives the exit code. */
export async function openConsole(
  { client, config }: Session,
  { name, session, persist, root }: ConsoleWish,
  { context, signal }: OpenConsoleOptions,
): Promise<number> {
  const sandbox = client.sandbox(name);
  await makeReady(sandbox, { context, signal });
  const env = revealSessionVariables(config);
  const { TERM } = context.env;
  const options = { root, env: { ...(TERM === undefined ? {} : { TERM }), ...env } };
  if (!persist) return (await show(sandbox, loginShell, { options, context, signal })).exitCode;

  const shown: ConsoleSession = { sandbox, session: session ?? DEFAULT_SESSION, root };
  const [keeper] = await Promise.all([
    ensureSession(sandbox, shown.session, { root, env, size: readTerminalSize(), signal }),
    installDetachCommand(sandbox, { signal }),
  ]);
  tell(
    context,
    `session ${JSON.stringify(shown.session)}: Ctrl+\\ or the command detach leaves it, and it goes on`,
  );
  try {
    const status = await show(sandbox, planAttachSession(shown.session, keeper), {
      options,
      context,
      signal,
    });
    const { exitCode, words } = await findConsoleEnd(shown, status, { signal });
    tell(context, words);
    return exitCode;
  } catch (error) {
    throw toConsoleError(error, shown);
  }
}

export type OpenConsole = typeof openConsole;

/** All that has to be done before somebody can type. One that somebody is creating has no account to log in to before that is over. */
async function makeReady(sandbox: Sandbox, { context, signal }: OpenConsoleOptions): Promise<void> {
  const { status } = await sandbox.info({ signal });
  if (status === "running") return;
  using progress = showProgress({
    stream: process.stderr,
    label: `console ${sandbox.name}`,
    silent: false,
    env: context.env,
  });
  const { onProgress } = progress;
  if (status === "creating") {
    const { waitForProvisioning } = await import("@pixels/provisioner");
    await waitForProvisioning(sandbox, { signal, onProgress });
  } else await sandbox.start({ signal, onProgress });
}

async function show(
  sandbox: Sandbox,
  command: Command,
  { options, context, signal }: OpenConsoleOptions & { readonly options: SpawnOptions },
): Promise<ExitStatus> {
  const { stdin, stdout, stderr } = context;
  const closed = new AbortController();
  stdout.once("error", () => closed.abort(new OutputClosedError("the output is closed")));
  const signals = signal === undefined ? [closed.signal] : [closed.signal, signal];
  await using shell = await sandbox.spawn(command, {
    ...options,
    terminal: readTerminalSize(),
    signal: AbortSignal.any(signals),
  });
  return await runOnTerminal(shell, { sink: streamingSink({ stdout, stderr }), input: stdin });
}

function tell({ stderr }: BaseContext, words: string): void {
  stderr.write(`pixels: ${words}\n`);
}
