import { ConnectionLostError, type ExitStatus, type OutputChunk } from "@pixels/core";
import type { CallOptions, ProcessSignal, SandboxName, TerminalSize } from "@pixels/core";
import {
  abortable,
  LaunchGate,
  planTerminalCommand,
  planTerminalLauncher,
  type ProcessChannel,
  type ProcessSpec,
  TERMINAL_GO,
  toInstanceName,
} from "@pixels/core/backend";
import { readExitStatus, toLostConnection } from "./exec-end.ts";
import { AS_ROOT, type ExecParts, KILL_TIMEOUT_MS, signalCommand } from "./exec-parts.ts";
import { readStream, sendFrame, type StreamEnd, whenOpen } from "./exec-sockets.ts";
import { OutputQueue } from "./output-queue.ts";
import { IncusConnectionError } from "./rest/errors.ts";
import { type OpenedTerminal, toResize } from "./rest/instance-exec.ts";

/** How long a launcher that cannot start its command may take to end. */
const END_TIMEOUT_MS = 2000;
/** What a terminal takes for the end of the input, and for that of a line before it. */
const END_OF_FILE = 4;
const lineEnds: ReadonlySet<number | undefined> = new Set([undefined, 10, 13, END_OF_FILE]);

/** A command on a terminal, over one exec of Incus. */
export class TerminalChannel implements ProcessChannel {
  readonly output: AsyncIterable<OutputChunk>;
  readonly exit: Promise<ExitStatus>;
  readonly #parts: ExecParts;
  readonly #name: SandboxName;
  readonly #id: string;
  readonly #exec: OpenedTerminal;
  readonly #gate: LaunchGate;
  readonly #queue = new OutputQueue();
  readonly #stream: Promise<StreamEnd>;
  readonly #controlOpen: Promise<void>;
  /** Aborts once nobody is to wait for the server's word on the command any more. */
  readonly #givenUp = new AbortController();
  #lastByte: number | undefined;
  #commandSent = false;

  /** As `BackendExec.open`, for a spec with a terminal of this size. */
  static async open(
    parts: ExecParts,
    name: SandboxName,
    { spec, size, signal }: CallOptions & { readonly spec: ProcessSpec; readonly size: TerminalSize },
  ): Promise<TerminalChannel> {
    const body = { command: planTerminalLauncher(spec), ...AS_ROOT };
    const exec = await parts.api.instanceExec.openTerminal(toInstanceName(name), body, { size, signal });
    const channel = new TerminalChannel(parts, { name, id: spec.id, exec });
    await channel.#start(spec, { signal });
    return channel;
  }

  private constructor(
    parts: ExecParts,
    { name, id, exec }: { name: SandboxName; id: string; exec: OpenedTerminal },
  ) {
    this.#parts = parts;
    this.#name = name;
    this.#id = id;
    this.#exec = exec;
    this.#gate = new LaunchGate(id);
    this.output = this.#queue;
    this.#controlOpen = whenOpen(exec.control);
    this.#stream = this.#read();
    this.exit = this.#awaitExit();
    this.exit.catch(() => {});
  }

  /** Hands the launcher its command once the terminal keeps it to itself. Aborted, it rejects only once nothing is left of it. */
  async #start(spec: ProcessSpec, { signal }: CallOptions): Promise<void> {
    this.#gate.expect(spec);
    try {
      await abortable(this.#gate.ready, signal);
      // there may be word of it before there is word that it is open
      await abortable(this.#controlOpen, signal);
      this.#commandSent = true;
      await abortable(sendFrame(this.#exec.data, planTerminalCommand(spec), { binary: true }), signal);
      await abortable(this.#gate.started, signal);
      await abortable(sendFrame(this.#exec.data, TERMINAL_GO, { binary: true }), signal);
    } catch (error) {
      this.#queue.discard();
      if (signal?.aborted) await this.#kill();
      // why it has said nothing
      else if (this.#gate.silent) await this.exit;
      // what has said something else than a launcher does may not end by itself
      else await abortable(this.exit, AbortSignal.timeout(END_TIMEOUT_MS)).catch(() => this.#kill());
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async write(data: Uint8Array): Promise<void> {
    if (data.length > 0) this.#lastByte = data.at(-1);
    await sendFrame(this.#exec.data, data, { binary: true });
  }

  /** A program that reads keys one by one gets this one too; in the midst of a line the first only ends that. */
  async closeStdin(): Promise<void> {
    await this.write(Buffer.alloc(lineEnds.has(this.#lastByte) ? 1 : 2, END_OF_FILE));
  }

  async resize(size: TerminalSize): Promise<void> {
    await sendFrame(this.#exec.control, toResize(size), { binary: false });
  }

  async signal(signal: ProcessSignal, options: CallOptions): Promise<void> {
    await signalCommand(this.#parts.api, { name: this.#name, id: this.#id, signal }, options);
  }

  /** Dropping the connection has the daemon kill the launcher, and the launcher's guard the command. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disconnect();
    this.#givenUp.abort(new ConnectionLostError("the connection to the command was given up"));
    this.#queue.discard();
  }

  #disconnect(): void {
    for (const socket of [this.#exec.data, this.#exec.control]) socket.terminate();
  }

  async #kill(): Promise<void> {
    try {
      await this.signal("KILL", { signal: AbortSignal.timeout(KILL_TIMEOUT_MS) });
    } catch {
      // the guard does it when the connection is dropped
    }
  }

  /** Ended means both: the output was read to its end, and then the operation is over. */
  async #awaitExit(): Promise<ExitStatus> {
    try {
      // an operation that has ended can be asked about for five seconds only
      const [ended, cut] = await Promise.all([
        this.#parts.api.operations.wait(this.#exec.operation, {
          keepFailed: true,
          signal: this.#givenUp.signal,
        }),
        this.#stream,
      ]);
      if (cut !== undefined) throw new ConnectionLostError("the terminal was cut off", { cause: cut });
      return readExitStatus(ended);
    } catch (error) {
      if (this.#commandSent && error instanceof IncusConnectionError)
        this.#parts.orphans.end(this.#name, this.#id);
      throw toLostConnection(error, this.#name);
    } finally {
      this.#disconnect();
      this.#queue.end();
      await this.#queue.drained;
    }
  }

  /** Held back only once the launcher's line has come: nobody reads before. The server waits until its end of the terminal is closed. */
  async #read(): Promise<StreamEnd> {
    const { data, control } = this.#exec;
    control.on("error", () => {});
    let source: { remove(): void } | undefined;
    void this.#gate.started.then(
      () => (source = this.#queue.addSource(data)),
      () => undefined,
    );
    const end = await readStream(data, (bytes) => {
      const own = this.#gate.pass(bytes);
      if (own.length > 0) this.#queue.push({ stream: "terminal", data: own });
    });
    this.#gate.end();
    source?.remove();
    if (end === undefined) data.terminate();
    else this.#disconnect();
    return end;
  }
}
