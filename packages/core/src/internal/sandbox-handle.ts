import { randomUUID } from "node:crypto";
import type { SandboxBackend } from "../backend/backend.ts";
import { unsupported } from "../backend/unsupported.ts";
import { checkCommand, type Command } from "../command.ts";
import type { SandboxEgress } from "../egress.ts";
import { PixelsError } from "../errors.ts";
import type { ExecOptions, ExecResult, SandboxProcess, SpawnOptions } from "../exec.ts";
import type { SandboxFiles } from "../files.ts";
import type { SandboxJobs } from "../jobs.ts";
import { parseSnapshotName, type SandboxName } from "../names.ts";
import type { CallOptions, WaitOptions } from "../options.ts";
import type {
  OwnedSandbox,
  Sandbox,
  SandboxChange,
  SandboxInfo,
  StopOptions,
  UpdateOptions,
  SandboxUsage,
} from "../sandbox.ts";
import type { SandboxSnapshots } from "../snapshots.ts";
import { checkCwd } from "./check-cwd.ts";
import { checkChange } from "./check-request.ts";
import { checkTerminalSize } from "./check-terminal-size.ts";
import { FilesOfSandbox } from "./files-of-sandbox.ts";
import { JobsOfSandbox } from "./jobs-of-sandbox.ts";
import { openProcess } from "./process.ts";
import { runCommand } from "./run-command.ts";
import { withDeadline } from "./with-deadline.ts";

/** Milliseconds that life-cycle calls may take unless told otherwise. */
export const DEFAULT_WAIT_TIMEOUT_MS = 120_000;

/** The handle over a backend. */
export class SandboxHandle implements Sandbox {
  readonly name: SandboxName;
  readonly #backend: SandboxBackend;
  #files: FilesOfSandbox | undefined;

  constructor(backend: SandboxBackend, name: SandboxName) {
    this.#backend = backend;
    this.name = name;
  }

  get files(): SandboxFiles {
    return (this.#files ??= new FilesOfSandbox(this.#backend.files, this.name, (options) =>
      this.info(options),
    ));
  }

  get snapshots(): SandboxSnapshots {
    const { snapshots } = this.#backend;
    return {
      create: async (snapshot, options = {}) => {
        const checked = parseSnapshotName(snapshot);
        return await this.#wait("taking a snapshot of", options, (o) =>
          snapshots.create(this.name, checked, o),
        );
      },
      list: async (options = {}) => await snapshots.list(this.name, options),
      restore: async (snapshot, options = {}) => {
        const checked = parseSnapshotName(snapshot);
        await this.#wait("restoring", options, (o) =>
          snapshots.restore(this.name, checked, { ...o, discardNewer: options.discardNewer }),
        );
      },
      delete: async (snapshot, options = {}) =>
        await snapshots.delete(this.name, parseSnapshotName(snapshot), options),
    };
  }

  get jobs(): SandboxJobs {
    return new JobsOfSandbox({
      backend: this.#backend,
      name: this.name,
      exec: (command, options) => this.exec(command, options),
    });
  }

  get egress(): SandboxEgress {
    const { egress } = this.#backend;
    return {
      get: (options = {}) => egress.get(this.name, options),
      set: (policy, options = {}) => egress.set(this.name, policy, options),
      log: (options = {}) => egress.log(this.name, options),
    };
  }

  async info(options: CallOptions = {}): Promise<SandboxInfo> {
    options.signal?.throwIfAborted();
    return await this.#backend.instances.get(this.name, options);
  }

  async usage(options: CallOptions = {}): Promise<SandboxUsage> {
    options.signal?.throwIfAborted();
    return await this.#backend.instances.getUsage(this.name, options);
  }

  async update(change: SandboxChange, options: UpdateOptions = {}): Promise<SandboxInfo> {
    checkChange(change);
    options.signal?.throwIfAborted();
    return await this.#backend.instances.update(this.name, change, options);
  }

  async start(options: WaitOptions = {}): Promise<void> {
    await this.#wait("starting", options, (o) => this.#backend.instances.start(this.name, o));
  }

  async stop(options: StopOptions = {}): Promise<void> {
    await this.#wait("stopping", options, (o) =>
      this.#backend.instances.stop(this.name, { ...o, graceMs: options.graceMs }),
    );
  }

  async destroy(options: WaitOptions = {}): Promise<void> {
    await this.#wait("destroying", options, (o) => this.#backend.instances.destroy(this.name, o));
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<ExecResult> {
    return await runCommand((spawnOptions) => this.spawn(command, spawnOptions), command, options);
  }

  async spawn(command: Command, options: SpawnOptions = {}): Promise<SandboxProcess> {
    const { signal, cwd, env = {}, root = false, terminal } = options;
    checkCommand(command, env);
    checkCwd(cwd);
    if (terminal !== undefined) {
      checkTerminalSize(terminal);
      if (!this.#backend.capabilities.terminal)
        throw unsupported(this.#backend.id, "give a command a terminal");
    }
    signal?.throwIfAborted();
    const spec = { id: randomUUID(), command, cwd, env, account: root ? "root" : undefined, terminal };
    return openProcess(await this.#backend.exec.open(this.name, spec, { signal }), { id: spec.id, signal });
  }

  async #wait<T>(doing: string, options: WaitOptions, act: (options: WaitOptions) => Promise<T>): Promise<T> {
    return await withDeadline(
      { timeoutMs: DEFAULT_WAIT_TIMEOUT_MS, ...options },
      `${doing} sandbox ${JSON.stringify(this.name)}`,
      act,
    );
  }
}

/** A handle whose scope destroys the sandbox. */
export class OwnedSandboxHandle extends SandboxHandle implements OwnedSandbox {
  readonly #id: string;
  #owned = true;

  constructor(backend: SandboxBackend, { name, id }: Pick<SandboxInfo, "name" | "id">) {
    super(backend, name);
    this.#id = id;
  }

  release(): Sandbox {
    this.#owned = false;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#owned) return;
    this.#owned = false;
    // another of the same name is somebody else's
    if (await this.#isThere()) await this.destroy();
  }

  async #isThere(): Promise<boolean> {
    try {
      return (await this.info()).id === this.#id;
    } catch (error) {
      if (PixelsError.is(error) && error.code === "SANDBOX_NOT_FOUND") return false;
      throw error;
    }
  }
}
