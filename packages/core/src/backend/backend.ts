// AsyncDisposable, also for programs that name neither this library nor the types of Node.js
/// <reference lib="esnext.disposable" preserve="true" />
import type { EgressAttempt, EgressLogOptions, EgressPolicy, EgressState } from "../egress.ts";
import type { ExitStatus, OutputChunk, TerminalSize } from "../exec.ts";
import type { FileInfo, FileOwner, ReadFileOptions, WriteFileOptions } from "../files.ts";
import type { SandboxName, SnapshotName } from "../names.ts";
import type { CallOptions, WaitOptions } from "../options.ts";
import type { Preparation } from "../prepare.ts";
import type { ProcessSignal } from "../process-signals.ts";
import type {
  AbandonedSandbox,
  SandboxChange,
  SandboxInfo,
  SandboxLimits,
  StopOptions,
  UpdateOptions,
  SandboxUsage,
} from "../sandbox.ts";
import type { RestoreOptions, SnapshotInfo } from "../snapshots.ts";
import type { JobSpec } from "./jobs.ts";
import type { LaunchSpec } from "./launcher.ts";

/** What a backend can do. A call that needs what it cannot do rejects with CAPABILITY_UNSUPPORTED and changes nothing. */
export interface BackendCapabilities {
  readonly files: boolean;
  readonly snapshots: boolean;
  readonly clone: boolean;
  /** Any snapshot can be restored without losing newer ones, at least on some storage that the backend can use. */
  readonly restoreAny: boolean;
  readonly terminal: boolean;
  readonly jobs: boolean;
  readonly diskQuota: boolean;
  readonly cpuSet: boolean;
  /** Who enforces a restricted egress mode. */
  readonly egress: "host" | "guest" | "none";
  /** `update({ ifRevision })` is decided by the server. */
  readonly compareAndSet: boolean;
  readonly events: boolean;
}

/** Where an instance comes from; names are checked. */
export type InstanceSource =
  | { readonly kind: "image"; readonly image: string }
  | { readonly kind: "snapshot"; readonly sandbox: SandboxName; readonly snapshot: SnapshotName }
  | { readonly kind: "sandbox"; readonly sandbox: SandboxName };

/** A request with its defaults filled in and everything checked. */
export interface InstanceSpec extends SandboxLimits {
  readonly name: SandboxName;
  readonly source: InstanceSource;
  readonly labels: Readonly<Record<string, string>>;
  readonly nesting: boolean;
  /** Absent: the source's, and root where it has none. */
  readonly account?: string;
  /** Called once its files are there and before it is started for the first time. */
  readonly identify?: (options: CallOptions) => Promise<void>;
  /** Called once it has booted, while it still counts as being created. The account that it gives is recorded as the instance's own. */
  readonly provision?: (options: CallOptions) => Promise<Preparation>;
}

/** `watching` comes first: what happens from then on is told. */
export type InstanceEvent =
  | { readonly kind: "watching" }
  | { readonly kind: "created" | "started" | "stopped" | "updated" | "deleted"; readonly name: SandboxName };

/** Life cycle. Names are bare; how an instance is called on the server is the backend's affair. */
export interface BackendInstances {
  /**
   * Resolves once commands can run and the boot no longer changes what they do. Fails with SANDBOX_ALREADY_EXISTS without touching
   * the other one; failed or aborted it leaves nothing behind, and killed it leaves what `collectAbandoned` finds.
   */
  create(spec: InstanceSpec, options: WaitOptions): Promise<SandboxInfo>;
  /** Rejects with SANDBOX_NOT_FOUND; the result has a revision. */
  get(name: SandboxName, options: CallOptions): Promise<SandboxInfo>;
  /** One request however many there are; sorted by name. */
  list(options: CallOptions): Promise<readonly SandboxInfo[]>;
  /** Rejects with SANDBOX_NOT_FOUND; of a stopped one only what it keeps. */
  getUsage(name: SandboxName, options: CallOptions): Promise<SandboxUsage>;
  /** A limit that is `null` is lifted. Rejects with CAPACITY_EXHAUSTED where the sandbox uses more than a new limit allows. */
  update(name: SandboxName, change: SandboxChange, options: UpdateOptions): Promise<SandboxInfo>;
  start(name: SandboxName, options: WaitOptions): Promise<void>;
  stop(name: SandboxName, options: StopOptions): Promise<void>;
  destroy(name: SandboxName, options: WaitOptions): Promise<void>;
  /** What `collectAbandoned` would act on, by name; changes nothing. */
  listAbandoned(options: CallOptions): Promise<readonly AbandonedSandbox[]>;
  /**
   * Removes what creating processes that are now dead have left half made, and gives the names; also finishes what they have left half restored.
   * A living `create` or `restore` is left alone.
   */
  collectAbandoned(options: CallOptions): Promise<readonly SandboxName[]>;
  /** Where the connection was cut for a while, what happened meanwhile is told from a new list. */
  watch(options: CallOptions): AsyncIterable<InstanceEvent>;
}

/** What a backend is asked to start: the launcher's plain data, and a terminal where there is to be one. */
export interface ProcessSpec extends LaunchSpec {
  readonly terminal?: TerminalSize;
}

/** One running command, as bytes. `closeStdin` and `write` after its end do nothing. */
export interface ProcessChannel extends AsyncDisposable {
  /** Iterated once, by core; holds the command back while nobody reads. A reader that stops early has the rest discarded. */
  readonly output: AsyncIterable<OutputChunk>;
  /** Settles when the command has ended and all its output was handed over, or rejects with CONNECTION_LOST. */
  readonly exit: Promise<ExitStatus>;
  write(data: Uint8Array, options: CallOptions): Promise<void>;
  closeStdin(options: CallOptions): Promise<void>;
  resize(size: TerminalSize, options: CallOptions): Promise<void>;
  /** Signals every process of the command; KILL resolves once none is left. */
  signal(signal: ProcessSignal, options: CallOptions): Promise<void>;
}

export interface BackendExec {
  /**
   * Resolves once the command is about to run. Rejects with SANDBOX_NOT_FOUND, SANDBOX_NOT_RUNNING, SANDBOX_NOT_READY,
   * WORKING_DIRECTORY_NOT_FOUND or ACCOUNT_NOT_FOUND where it cannot, and with the signal's reason where it was aborted and has ended. Where a launcher carries it,
   * losing the connection must kill the launcher, or else the backend must end the command by `planSignal`.
   */
  open(name: SandboxName, spec: ProcessSpec, options: CallOptions): Promise<ProcessChannel>;
}

export interface BackendJobs {
  /**
   * Starts a job by `planJobLauncher` and gives the launcher's id, which is the job's; all else that is done with jobs are commands. Rejects as
   * `BackendExec.open` does, aborted once nothing is left of the job, and with CONNECTION_LOST, the id in `context.job`, where it cannot tell
   * (`planSettleJob`) whether the job has begun.
   */
  start(name: SandboxName, spec: JobSpec, options: CallOptions): Promise<string>;
}

export interface BackendWriteOptions extends WriteFileOptions {
  /** The owner of what is new, where `owner` is absent. */
  readonly newOwner: FileOwner;
}

/** Absolute, normalised paths. What each does and rejects with: `SandboxFiles`. */
export interface BackendFiles {
  read(name: SandboxName, path: string, options: ReadFileOptions): Promise<ReadableStream<Uint8Array>>;
  write(
    name: SandboxName,
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: BackendWriteOptions,
  ): Promise<void>;
  list(name: SandboxName, path: string, options: CallOptions): Promise<readonly FileInfo[]>;
  stat(name: SandboxName, path: string, options: CallOptions): Promise<FileInfo>;
  mkdir(name: SandboxName, path: string, options: BackendWriteOptions): Promise<void>;
  symlink(name: SandboxName, path: string, options: CallOptions & { readonly target: string }): Promise<void>;
  readlink(name: SandboxName, path: string, options: CallOptions): Promise<string>;
  rename(name: SandboxName, from: string, options: CallOptions & { readonly to: string }): Promise<void>;
  chmod(name: SandboxName, path: string, options: CallOptions & { readonly mode: number }): Promise<void>;
  remove(
    name: SandboxName,
    path: string,
    options: CallOptions & { readonly recursive?: boolean },
  ): Promise<void>;
}

/** What each does and rejects with: `SandboxSnapshots`. */
export interface BackendSnapshots {
  create(name: SandboxName, snapshot: SnapshotName, options: WaitOptions): Promise<SnapshotInfo>;
  list(name: SandboxName, options: CallOptions): Promise<readonly SnapshotInfo[]>;
  /** Killed, it leaves a sandbox that is not started by pixels before its limits and labels are today's again. */
  restore(name: SandboxName, snapshot: SnapshotName, options: RestoreOptions): Promise<void>;
  delete(name: SandboxName, snapshot: SnapshotName, options: CallOptions): Promise<void>;
}

export interface BackendEgress {
  get(name: SandboxName, options: CallOptions): Promise<EgressState>;
  set(name: SandboxName, policy: EgressPolicy, options: CallOptions): Promise<EgressState>;
  log(name: SandboxName, options: EgressLogOptions): AsyncIterable<EgressAttempt>;
}

/** What a backend implements. Names arrive checked, defaults filled in; ownership, limits and collected output are core's. */
export interface SandboxBackend extends AsyncDisposable {
  /** Short and stable, such as "incus". */
  readonly id: string;
  readonly capabilities: BackendCapabilities;
  readonly instances: BackendInstances;
  readonly exec: BackendExec;
  readonly jobs: BackendJobs;
  readonly files: BackendFiles;
  readonly snapshots: BackendSnapshots;
  readonly egress: BackendEgress;
}
