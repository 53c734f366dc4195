import { type Readable, Writable } from "node:stream";
import { callbackify } from "node:util";
import {
  type CallOptions,
  CapabilityUnsupportedError,
  ConnectionLostError,
  PixelsError,
  type Sandbox,
  type SandboxProcess,
} from "@pixels/core";
import { PortError } from "./failure.ts";
import { probeCommand, relayCommand, relayExits } from "./relay-scripts.ts";

/** How much of what a relay says is kept. */
const MAX_WORDS_LENGTH = 4096;

/** The end of a connection that is on this machine. */
export interface LocalEnd {
  readonly input: Readable;
  readonly output: Writable;
  /** Tells the reader of `output` that this was all. */
  readonly endOutput: () => void;
}

/** Rejects with SANDBOX_NOT_FOUND, SANDBOX_NOT_RUNNING and their like, and with CAPABILITY_UNSUPPORTED where the sandbox has nothing to relay with. */
export async function checkRelay(sandbox: Sandbox, { signal }: CallOptions): Promise<void> {
  const { status } = await sandbox.exec(probeCommand, { signal });
  if (status.exitCode !== 0) throw noInterpreter(sandbox);
}

/**
 * Joins a local end with a port on the sandbox's loopback until both directions have ended, or until the other side breaks the connection
 * off ("reset"). Each direction goes at the pace of its reader. Rejects with a `PortError` where nothing listens, with CONNECTION_LOST where
 * the relay was ended, and as `spawn` does. Aborted, nothing is left in the sandbox.
 */
export async function relayPort(
  sandbox: Sandbox,
  port: number,
  { signal, ...local }: LocalEnd & CallOptions,
): Promise<"ended" | "reset"> {
  await using process = await sandbox.spawn(relayCommand(port), { signal });
  const stdin = stdinOf(process);
  local.input.pipe(stdin);
  const said = await pumpOutput(process, local).finally(() => local.input.unpipe(stdin));
  const exitCode = await awaitExit(process, sandbox, port);
  switch (exitCode) {
    case 0:
      return "ended";
    case relayExits.reset:
      return "reset";
    case relayExits.refused:
      throw new PortError(
        `${describePort(sandbox, port)}: ${/^refused (.*)$/m.exec(said)?.[1] ?? "refused"}`,
        { code: "PORT_CLOSED", next: "start what is to listen on it, on 127.0.0.1 or on all addresses" },
      );
    case relayExits.noInterpreter:
      throw noInterpreter(sandbox);
    default:
      throw new ConnectionLostError(
        `the relay to ${describePort(sandbox, port)} ended with exit code ${exitCode}${said === "" ? "" : `: ${said.trim()}`}`,
        { next: "connect again", context: { sandbox: sandbox.name, port, exitCode } },
      );
  }
}

async function awaitExit(process: SandboxProcess, sandbox: Sandbox, port: number): Promise<number> {
  try {
    return (await process.wait()).exitCode;
  } catch (error) {
    if (!PixelsError.is(error) || error.code !== "CONNECTION_LOST") throw error;
    throw new ConnectionLostError(`the connection to ${describePort(sandbox, port)} was lost`, {
      cause: error,
      next: "check that the server runs, then connect again",
      context: { sandbox: sandbox.name, port },
    });
  }
}

/** Hands over what comes, and its end where the relay tells it; gives what the relay said. */
async function pumpOutput(process: SandboxProcess, { output, endOutput }: LocalEnd): Promise<string> {
  let said = "";
  let count = 0;
  let ended = false;
  for await (const { stream, data } of process.output) {
    if (stream === "stdout") {
      await deliver(output, data);
      count += data.length;
    } else said = (said + new TextDecoder().decode(data)).slice(-MAX_WORDS_LENGTH);
    if (!ended && Number(/^eof (\d+)$/m.exec(said)?.[1]) === count) {
      ended = true;
      endOutput();
    }
  }
  return said;
}

/** Resolves once the kernel has the data, or nobody is to get it any more. */
function deliver(output: Writable, data: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      output.off("close", done);
      resolve();
    };
    // a stream that is destroyed need not answer for what it was given before
    output.once("close", done);
    if (output.destroyed) done();
    else output.write(data, done);
  });
}

function stdinOf(process: SandboxProcess): Writable {
  const write = callbackify((data: Uint8Array) => process.write(data));
  const stdin = new Writable({
    write: (data: Uint8Array, _encoding, done) => write(data, done),
    final: callbackify(() => process.closeStdin()),
  });
  // what breaks the input breaks the exit too, and there it is told
  return stdin.on("error", () => {});
}

/** For messages. */
export function describePort({ name }: Sandbox, port: number): string {
  return `port ${port} of sandbox ${JSON.stringify(name)}`;
}

function noInterpreter({ name }: Sandbox): CapabilityUnsupportedError {
  return new CapabilityUnsupportedError(
    `sandbox ${JSON.stringify(name)} has neither perl nor python3, and one of them relays the connections`,
    { next: `install one there, such as with: pixels exec --root ${name} -- apt-get install -y perl` },
  );
}
