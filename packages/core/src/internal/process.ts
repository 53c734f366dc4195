import type { ProcessChannel } from "../backend/backend.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { ExitStatus, OutputChunk, SandboxProcess, TerminalSize } from "../exec.ts";
import type { CallOptions } from "../options.ts";
import type { ProcessSignal } from "../process-signals.ts";
import { abortable } from "./abortable.ts";
import { checkTerminalSize } from "./check-terminal-size.ts";
import { openDeadline } from "./deadline.ts";

/** How long killing a command may take before the connection is dropped without an answer. */
const KILL_TIMEOUT_MS = 10_000;
/** How long the output of a killed command waits for a reader who has stopped reading. */
const DRAIN_TIMEOUT_MS = 1000;

export interface OpenProcessOptions extends CallOptions {
  readonly id: string;
}

/** A `SandboxProcess` over a backend's channel. `signal` is the one it was spawned with: it kills the command. */
export function openProcess(channel: ProcessChannel, options: OpenProcessOptions): SandboxProcess {
  return new ChannelProcess(channel, options);
}

class ChannelProcess implements SandboxProcess {
  readonly id: string;
  readonly output: AsyncIterable<OutputChunk>;
  readonly #channel: ProcessChannel;
  readonly #signal: AbortSignal | undefined;
  readonly #exit: Promise<ExitStatus>;
  #outputTaken = false;
  #ended = false;
  #killed: Promise<void> | undefined;
  readonly #onAbort = (): void => {
    this.#killed ??= this.#killAll();
  };

  constructor(channel: ProcessChannel, { id, signal }: OpenProcessOptions) {
    this.id = id;
    this.#channel = channel;
    this.#signal = signal;
    this.output = { [Symbol.asyncIterator]: () => this.#takeOutput() };
    this.#exit = this.#awaitExit();
    // whoever never asks for the exit is not to be ended by an unhandled rejection
    this.#exit.catch(() => {});
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  async write(data: string | Uint8Array, options: CallOptions = {}): Promise<void> {
    await this.#channel.write(typeof data === "string" ? Buffer.from(data) : data, options);
  }

  async closeStdin(options: CallOptions = {}): Promise<void> {
    await this.#channel.closeStdin(options);
  }

  async resize(size: TerminalSize, options: CallOptions = {}): Promise<void> {
    checkTerminalSize(size);
    await this.#channel.resize(size, options);
  }

  async kill(signal: ProcessSignal = "KILL", options: CallOptions = {}): Promise<void> {
    await this.#channel.signal(signal, options);
  }

  wait(options: CallOptions = {}): Promise<ExitStatus> {
    // a reader that comes in the same turn of the event loop is still in time
    if (!this.#outputTaken)
      setImmediate(() => {
        if (!this.#outputTaken) void this.#discard();
      });
    return abortable(this.#exit, options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await (this.#killed ??= this.#killAll());
    await this.#channel[Symbol.asyncDispose]();
  }

  #takeOutput(): AsyncIterator<OutputChunk> {
    if (this.#outputTaken)
      throw new InvalidArgumentError(
        "the output of a command can be read once; another reader has it already",
      );
    this.#outputTaken = true;
    return this.#channel.output[Symbol.asyncIterator]();
  }

  async #discard(): Promise<void> {
    const iterator = this.#takeOutput();
    try {
      while (!(await iterator.next()).done);
    } catch {
      // what broke the output breaks the exit too, and there it is told
    }
  }

  async #awaitExit(): Promise<ExitStatus> {
    try {
      const status = await this.#channel.exit;
      if (this.#signal?.aborted) throw this.#signal.reason;
      return status;
    } catch (error) {
      if (this.#signal?.aborted) {
        await this.#killed;
        throw this.#signal.reason;
      }
      throw error;
    } finally {
      this.#ended = true;
      this.#signal?.removeEventListener("abort", this.#onAbort);
    }
  }

  /** Ends what still runs. A channel that gives no answer is dropped, which has the sandbox end the command by itself. */
  async #killAll(): Promise<void> {
    if (this.#ended) return;
    // output that nobody reads would hold the end up
    if (!this.#outputTaken) void this.#discard();
    using deadline = openDeadline({ timeoutMs: KILL_TIMEOUT_MS, what: "killing a command" });
    try {
      await this.#channel.signal("KILL", { signal: deadline.signal });
      await abortable(this.#channel.exit, AbortSignal.timeout(DRAIN_TIMEOUT_MS));
    } catch {
      await this.#channel[Symbol.asyncDispose]();
    }
  }
}
