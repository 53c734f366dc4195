import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { InstanceSpec, ProcessChannel, ProcessSpec } from "../../backend/backend.ts";
import { SandboxNotFoundError, SandboxNotReadyError, SandboxNotRunningError } from "../../errors.ts";
import type { CallOptions } from "../../options.ts";
import type { SandboxInfo } from "../../sandbox.ts";
import { Machine } from "./machine.ts";
import { openNamespaceCommand } from "./namespace-command.ts";

/** What a record says of its sandbox, apart from what the machine itself shows. */
export type SandboxRecord = Omit<SandboxInfo, "status" | "revision">;

/** One record with its files and, while it runs, its machine. Starting, stopping and removing take turns. */
export class MemorySandbox {
  #record: SandboxRecord;
  #revision = 1;
  #created = false;
  #removed = false;
  #machine: Machine | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #directory: string;

  constructor(record: SandboxRecord, directory: string) {
    this.#record = record;
    this.#directory = directory;
  }

  info(): SandboxInfo {
    return { ...this.describe(), revision: String(this.#revision) };
  }

  /** As it stands in a list. */
  describe(): SandboxInfo {
    const status = this.#machine === undefined ? "stopped" : "running";
    return { ...this.#record, status: this.#created ? status : "creating" };
  }

  change(change: Partial<Pick<SandboxRecord, "labels" | "limits" | "account">>): void {
    this.#record = { ...this.#record, ...change };
    this.#revision++;
  }

  /** Makes its files, starts it for the first time and has it prepared. */
  async create(
    { identify, provision }: Pick<InstanceSpec, "identify" | "provision">,
    { signal }: CallOptions,
  ): Promise<void> {
    await this.#inTurn(async () => {
      await mkdir(join(this.#directory, "home"), { recursive: true, mode: 0o700 });
      await mkdir(join(this.#directory, "tmp"));
      await chmod(join(this.#directory, "tmp"), 0o1777);
      signal?.throwIfAborted();
      await identify?.({ signal });
      await this.#boot();
      const preparation = await provision?.({ signal });
      if (preparation?.account !== undefined) this.change({ account: preparation.account });
      signal?.throwIfAborted();
      this.#created = true;
    });
  }

  async start({ signal }: CallOptions): Promise<void> {
    await this.#inTurn(async () => {
      signal?.throwIfAborted();
      if (this.#removed)
        throw new SandboxNotFoundError(`sandbox ${JSON.stringify(this.#record.name)} was destroyed`);
      if (this.#machine === undefined) await this.#boot();
    });
  }

  async stop(): Promise<void> {
    await this.#inTurn(() => this.#halt());
  }

  async remove(): Promise<void> {
    await this.#inTurn(async () => {
      this.#removed = true;
      await this.#halt();
      await rm(this.#directory, { recursive: true, force: true });
    });
  }

  async open(spec: ProcessSpec, { signal }: CallOptions): Promise<ProcessChannel> {
    const machine = this.#machine;
    if (machine === undefined) throw this.#notRunning();
    let channel: ProcessChannel;
    try {
      channel = await openNamespaceCommand(machine, spec);
    } catch (error) {
      if (error instanceof SandboxNotReadyError && this.#machine !== machine) throw this.#notRunning(error);
      throw error;
    }
    if (!signal?.aborted) return channel;
    await channel[Symbol.asyncDispose]();
    throw signal.reason;
  }

  async #boot(): Promise<void> {
    const machine = await Machine.start(this.#directory);
    this.#machine = machine;
    void machine.ended.then(() => {
      if (this.#machine === machine) this.#machine = undefined;
    });
  }

  async #halt(): Promise<void> {
    const machine = this.#machine;
    this.#machine = undefined;
    await machine?.[Symbol.asyncDispose]();
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #notRunning(cause?: unknown): SandboxNotRunningError {
    const name = JSON.stringify(this.#record.name);
    return new SandboxNotRunningError(`sandbox ${name} is not running`, { cause, next: "start it first" });
  }
}
