import { ConnectionLostError, type ExitStatus, type OutputChunk, processSignals } from "@pixels/core";
import type { CallOptions, ProcessSignal, SandboxName } from "@pixels/core";
import {
  type BackendExec,
  planLaunch,
  planSignal,
  type ProcessChannel,
  type ProcessSpec,
  toInstanceName,
  unsupported,
} from "@pixels/core/backend";
import type { WebSocket } from "ws";
import { translateError, translating } from "./errors.ts";
import { OutputQueue } from "./output-queue.ts";
import type { IncusApi } from "./rest/api.ts";
import type { OpenedExec } from "./rest/instance-exec.ts";
import type { Operation } from "./rest/schemas.ts";

/** The launcher begins as root and takes the command's account itself. */
const AS_ROOT = { user: 0, group: 0, cwd: "/" } as const;

/** Commands by way of Incus' exec: one operation and three websockets each. */
export function createBackendExec(api: IncusApi): BackendExec {
  return {
    open: (name, spec, options) =>
      translating({ sandbox: name }, async () => {
        if (spec.terminal !== undefined) throw unsupported("incus", "give a command a terminal yet");
        const { argv, stdinPreamble } = planLaunch(spec);
        const exec = await api.instanceExec.open(
          toInstanceName(name),
          { command: argv, ...AS_ROOT },
          options,
        );
        return new ExecChannel(api, name, spec, { exec, stdinPreamble });
      }),
  };
}

interface OpenedLauncher {
  readonly exec: OpenedExec;
  readonly stdinPreamble: Uint8Array;
}

class ExecChannel implements ProcessChannel {
  readonly output: AsyncIterable<OutputChunk>;
  readonly exit: Promise<ExitStatus>;
  readonly #api: IncusApi;
  readonly #name: SandboxName;
  readonly #id: string;
  readonly #exec: OpenedExec;
  readonly #queue = new OutputQueue();
  readonly #stdinReady: Promise<void>;

  constructor(
    api: IncusApi,
    name: SandboxName,
    { id }: ProcessSpec,
    { exec, stdinPreamble }: OpenedLauncher,
  ) {
    this.#api = api;
    this.#name = name;
    this.#id = id;
    this.#exec = exec;
    this.output = this.#queue;
    this.#stdinReady = openStdin(exec.stdin, stdinPreamble);
    this.exit = this.#awaitExit();
    this.exit.catch(() => {});
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#stdinReady;
    await sendFrame(this.#exec.stdin, data, { binary: true });
  }

  /** A text frame is the end of stdin. */
  async closeStdin(): Promise<void> {
    await this.#stdinReady;
    await sendFrame(this.#exec.stdin, "", { binary: false });
  }

  async resize(): Promise<void> {
    throw unsupported("incus", "give a command a terminal yet");
  }

  async signal(signal: ProcessSignal, options: CallOptions): Promise<void> {
    await translating({ sandbox: this.#name }, async () => {
      const command = planSignal(this.#id, signal);
      const path = await this.#api.instanceExec.run(
        toInstanceName(this.#name),
        { command, ...AS_ROOT },
        options,
      );
      await this.#api.operations.wait(path, options);
    });
  }

  /** Dropping the connection has the daemon kill the launcher, and the launcher's guard the command. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { stdin, stdout, stderr } = this.#exec;
    for (const socket of [stdin, stdout, stderr]) socket.terminate();
    this.#queue.discard();
  }

  /** Ended means both: the operation is over, and both streams were read to their end. Either may come first. */
  async #awaitExit(): Promise<ExitStatus> {
    const { operation, stdout, stderr } = this.#exec;
    const streams = Promise.all([
      readStream(stdout, "stdout", this.#queue),
      readStream(stderr, "stderr", this.#queue),
    ]);
    try {
      const ended = await this.#api.operations.wait(operation, { keepFailed: true });
      await streams;
      return toExitStatus(ended);
    } catch (error) {
      throw toLostConnection(error, this.#name);
    } finally {
      for (const socket of [this.#exec.stdin, stdout, stderr]) socket.terminate();
      this.#queue.end();
      await this.#queue.drained;
    }
  }
}

/** Sends what the launcher waits for as soon as the socket is open. An exec that ended first has nobody to read it. */
function openStdin(socket: WebSocket, preamble: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => resolve());
    socket.once("close", () => resolve());
    socket.once("open", () => socket.send(preamble, { binary: true }, () => resolve()));
  });
}

/** Resolves once the frame is with the kernel. What a command that has ended does not read is dropped. */
function sendFrame(
  socket: WebSocket,
  data: string | Uint8Array,
  options: { readonly binary: boolean },
): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    socket.send(data, options, () => resolve());
  });
}

/** Reads until the empty text frame that ends a stream, or until the socket closes, which is how it ends when it is cut. */
function readStream(socket: WebSocket, stream: "stdout" | "stderr", queue: OutputQueue): Promise<void> {
  const source = queue.addSource(socket);
  return new Promise((resolve) => {
    const finish = (): void => {
      source.remove();
      resolve();
    };
    socket.on("error", finish);
    socket.once("close", finish);
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (!isBinary) finish();
      else if (data.length > 0) queue.push({ stream, data });
    });
  });
}

const signalNames = new Map<number, ProcessSignal>(
  Object.entries(processSignals).map(([name, number]) => [number, name as ProcessSignal]),
);

/** Incus marks an exec that ended with 126 or 127 as failed; its exit code is there all the same. */
function toExitStatus({ metadata, err }: Operation): ExitStatus {
  const code = metadata?.["return"];
  if (typeof code !== "number" || code < 0)
    throw new ConnectionLostError(
      `the server does not know how the command ended${err === "" ? "" : `: ${err}`}`,
    );
  return { exitCode: code, signal: code > 128 ? signalNames.get(code - 128) : undefined };
}

function toLostConnection(error: unknown, name: SandboxName): unknown {
  if (error instanceof ConnectionLostError) return error;
  const cause = translateError(error, { sandbox: name });
  return new ConnectionLostError(`the connection to a command in sandbox ${JSON.stringify(name)} was lost`, {
    cause,
    context: { sandbox: name },
    next: "its exit code is unknown: check what it did before you run it again",
  });
}
