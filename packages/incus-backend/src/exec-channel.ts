import { ConnectionLostError, type ExitStatus, type OutputChunk } from "@pixels/core";
import type { CallOptions, ProcessSignal, SandboxName } from "@pixels/core";
import {
  abortable,
  LaunchGate,
  type ProcessChannel,
  toInstanceName,
  unsupported,
} from "@pixels/core/backend";
import { readExitStatus, toLostConnection } from "./exec-end.ts";
import { AS_ROOT, type ExecParts, KILL_TIMEOUT_MS, runAsRoot, signalCommand } from "./exec-parts.ts";
import { readStream, sendFrame, type StreamEnd, whenOpen } from "./exec-sockets.ts";
import type { LaunchForm } from "./launch-form.ts";
import type { Orphans } from "./orphans.ts";
import { OutputQueue } from "./output-queue.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusConnectionError } from "./rest/errors.ts";
import type { OpenedExec } from "./rest/instance-exec.ts";

export interface OpenLauncherOptions extends CallOptions {
  readonly name: SandboxName;
  readonly id: string;
  readonly account: string | undefined;
  readonly form: LaunchForm;
}

export interface StartLauncherOptions extends CallOptions {
  /** For the error that says that it is missing. */
  readonly cwd: string | undefined;
}

/** A launcher over one exec of Incus; after `start`, the command that it became. */
export class ExecChannel implements ProcessChannel {
  readonly output: AsyncIterable<OutputChunk>;
  readonly #api: IncusApi;
  readonly #orphans: Orphans;
  readonly #name: SandboxName;
  readonly #form: LaunchForm;
  readonly id: string;
  readonly #exec: OpenedExec;
  readonly #gate: LaunchGate;
  readonly #queue = new OutputQueue();
  readonly #stdinReady: Promise<void>;
  readonly #streams: Promise<StreamEnd[]>;
  /** Aborts once nobody is to wait for the server's word on the command any more. */
  readonly #givenUp = new AbortController();
  #exit: Promise<ExitStatus> | undefined;
  #ended = false;
  /** The launcher was given its command. */
  started = false;
  /** It is certain that the launcher ended, and that it had not begun the command. */
  endedUnstarted = false;

  /** Opens a launcher; resolves as soon as its streams are being connected. */
  static async open(
    parts: ExecParts,
    { name, id, account, form, signal }: OpenLauncherOptions,
  ): Promise<ExecChannel> {
    const command = form.plan({ id, account });
    const exec = await parts.api.instanceExec.open(toInstanceName(name), { command, ...AS_ROOT }, { signal });
    return new ExecChannel(parts, { name, id, form, exec });
  }

  private constructor(
    { api, orphans }: ExecParts,
    { name, id, form, exec }: Pick<OpenLauncherOptions, "name" | "id" | "form"> & { exec: OpenedExec },
  ) {
    this.#api = api;
    this.#orphans = orphans;
    this.#name = name;
    this.#form = form;
    this.id = id;
    this.#exec = exec;
    this.#gate = new LaunchGate(id);
    this.output = this.#queue;
    this.#stdinReady = whenOpen(exec.stdin);
    this.#streams = Promise.all([this.#readStdout(), this.#readStderr()]);
    void this.#streams.then(() => {
      this.#ended = true;
    });
  }

  /** Nobody has cut it, as far as can be seen from here. */
  get alive(): boolean {
    return !this.#ended && this.#exec.stdin.readyState <= this.#exec.stdin.OPEN;
  }

  get exit(): Promise<ExitStatus> {
    if (this.#exit === undefined) {
      this.#exit = this.#awaitExit();
      this.#exit.catch(() => {});
    }
    return this.#exit;
  }

  /**
   * Hands the launcher what it is to run, as `planCommand` or `planJob` has it; resolves when that is about to run. Aborted, it resolves the
   * abort only once nothing is left of it.
   */
  async start(plan: Uint8Array, { cwd, signal }: StartLauncherOptions): Promise<void> {
    this.started = true;
    this.#gate.expect({ cwd });
    // an operation that has ended can be asked about for five seconds only
    void this.exit;
    try {
      await abortable(this.#stdinReady, signal);
      await sendFrame(this.#exec.stdin, plan, { binary: true });
      if (this.#form.kind === "job") await this.closeStdin();
      await abortable(this.#gate.started, signal);
    } catch (error) {
      if (signal?.aborted) await this.#kill();
      else {
        this.#queue.discard();
        const ended = await this.exit.then(
          () => true,
          () => false,
        );
        // an exit without the launcher's word: it was gone before it could read
        this.endedUnstarted = ended && this.#gate.silent;
        if (!ended) await this.exit;
      }
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async write(data: Uint8Array): Promise<void> {
    await sendFrame(this.#exec.stdin, data, { binary: true });
  }

  /** A text frame is the end of stdin. */
  async closeStdin(): Promise<void> {
    await sendFrame(this.#exec.stdin, "", { binary: false });
  }

  async resize(): Promise<void> {
    throw unsupported("incus", "resize the terminal of a command that has none");
  }

  async signal(signal: ProcessSignal, options: CallOptions): Promise<void> {
    await signalCommand(this.#api, { name: this.#name, id: this.id, signal }, options);
  }

  /** Dropping the connection has the daemon kill the launcher, and the launcher's guard the command. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disconnect();
    this.#givenUp.abort(new ConnectionLostError("the connection to the command was given up"));
    this.#queue.discard();
  }

  #disconnect(): void {
    const { stdin, stdout, stderr } = this.#exec;
    for (const socket of [stdin, stdout, stderr]) socket.terminate();
  }

  /** Lets the process end, or not, while this launcher waits. */
  setReferenced(referenced: boolean): void {
    for (const socket of [this.#exec.stdin, this.#exec.stdout, this.#exec.stderr])
      this.#api.transport.setReferenced(socket, referenced);
  }

  async #kill(): Promise<void> {
    try {
      const options = { signal: AbortSignal.timeout(KILL_TIMEOUT_MS) };
      await runAsRoot(this.#api, { name: this.#name, command: this.#form.planEnd(this.id) }, options);
    } catch {
      // of a command, the guard does it when the connection is dropped
    }
  }

  /** Ended means both: the operation is over, and both streams were read to their end. Either may come first. */
  async #awaitExit(): Promise<ExitStatus> {
    try {
      const ended = await this.#api.operations.wait(this.#exec.operation, {
        keepFailed: true,
        signal: this.#givenUp.signal,
      });
      const ends = await this.#streams;
      const cut = ends.find((end) => end !== undefined);
      if (cut !== undefined) throw new ConnectionLostError("a stream of the command was cut", { cause: cut });
      return readExitStatus(ended);
    } catch (error) {
      if (this.started && this.#form.kind === "command" && error instanceof IncusConnectionError)
        this.#orphans.end(this.#name, this.id);
      throw toLostConnection(error, this.#name);
    } finally {
      this.#disconnect();
      this.#queue.end();
      await this.#queue.drained;
    }
  }

  async #readStdout(): Promise<StreamEnd> {
    const { stdout } = this.#exec;
    const source = this.#queue.addSource(stdout);
    const end = await readStream(stdout, (data) => this.#queue.push({ stream: "stdout", data }));
    source.remove();
    // what is cut in one place is lost: the server ends a command only when its stdout is gone
    if (end !== undefined) this.#disconnect();
    return end;
  }

  /** Held back only once the launcher's line has come: nobody reads before. */
  async #readStderr(): Promise<StreamEnd> {
    const { stderr } = this.#exec;
    let source: { remove(): void } | undefined;
    void this.#gate.started.then(
      () => (source = this.#queue.addSource(stderr)),
      () => undefined,
    );
    const end = await readStream(stderr, (data) => {
      const own = this.#gate.pass(data);
      if (own.length > 0) this.#queue.push({ stream: "stderr", data: own });
    });
    this.#gate.end();
    source?.remove();
    if (end !== undefined) this.#disconnect();
    return end;
  }
}
