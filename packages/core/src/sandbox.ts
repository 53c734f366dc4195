import type { Command } from "./command.ts";
import type { SandboxEgress } from "./egress.ts";
import type { ExecOptions, ExecResult, SandboxProcess, SpawnOptions } from "./exec.ts";
import type { SandboxFiles } from "./files.ts";
import type { SandboxJobs } from "./jobs.ts";
import type { SandboxName } from "./names.ts";
import type { CallOptions, WaitOptions } from "./options.ts";
import type { SandboxSnapshots } from "./snapshots.ts";

/** `creating` until whoever creates it has it ready; `failed`: it can be neither used nor started, only destroyed. */
export type SandboxStatus =
  | "creating"
  | "starting"
  | "running"
  | "stopping"
  | "stopped"
  | "frozen"
  | "failed";

/** A number of cores to share, or the very cores to be pinned to, such as "0-3" or "0,2". */
export type CpuLimit = number | { readonly set: string };

/** What is absent is without a limit; of a clone it is as its source has it at the time. */
export interface SandboxLimits {
  readonly cpu?: CpuLimit;
  readonly memoryBytes?: number;
  /** Counts what the sandbox was made from too. */
  readonly diskBytes?: number;
  /** Of a sandbox from an image 4,096 unless it is said. */
  readonly processes?: number;
}

/** What a new sandbox is made from. */
export type SandboxSource =
  | { readonly kind: "image"; readonly image: string }
  | { readonly kind: "snapshot"; readonly sandbox: string; readonly snapshot: string }
  | { readonly kind: "sandbox"; readonly sandbox: string };

export interface CreateSandboxRequest extends SandboxLimits {
  readonly name: string;
  readonly source: SandboxSource;
  readonly labels?: Readonly<Record<string, string>>;
  /** Allows containers inside the sandbox; it weakens the isolation. Default false. */
  readonly nesting?: boolean;
  /** Variables that it keeps, for every login and command, in /etc/environment. They need a client with `prepare`, and no line break in them. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Whether the client's `prepare` makes it ready for work. Default true where the client has one; with false nothing is written but a
   * clone's identity.
   */
  readonly provision?: boolean;
}

export interface SandboxInfo {
  readonly name: SandboxName;
  /** Opaque; survives restart and restore, and is new when a sandbox of the same name is created again. */
  readonly id: string;
  readonly status: SandboxStatus;
  /** IPv4 and IPv6 addresses that other machines reach it by; empty until it has one. */
  readonly addresses: readonly string[];
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  /** The account that commands run as unless told otherwise. */
  readonly account: string;
  /** The image it was made from, as it was named then. */
  readonly image?: string;
  /** For `update({ ifRevision })`; changes with every change. Absent in lists. */
  readonly revision?: string;
}

/** What a call left unfinished when its process died. */
export interface AbandonedSandbox {
  readonly name: SandboxName;
  /** What was going on: one that was being created or destroyed is removed by whoever collects it, a restore is finished. */
  readonly doing: "create" | "destroy" | "restore";
  /** When that began; absent where nothing tells. */
  readonly begunAt?: Date;
}

/** What a sandbox uses at the moment; what the backend cannot tell is absent. */
export interface SandboxUsage {
  readonly memoryBytes?: number;
  /** Bytes that only this sandbox holds. */
  readonly diskBytes?: number;
  readonly processes?: number;
  /** Of all its processes since it was started. */
  readonly cpuSeconds?: number;
}

/** Limits to change; `null` lifts one, and what is absent stays. */
export type LimitsChange = { readonly [Limit in keyof SandboxLimits]: SandboxLimits[Limit] | null };

export interface SandboxChange extends LimitsChange {
  /** Merged into the labels that are there; `null` removes one. */
  readonly labels?: Readonly<Record<string, string | null>>;
}

export interface UpdateOptions extends CallOptions {
  /** Rejects with CONFLICT where the sandbox has changed since. */
  readonly ifRevision?: string;
}

export interface StopOptions extends WaitOptions {
  /** Milliseconds that its init gets to shut down before it is killed. Default 10,000. */
  readonly graceMs?: number;
}

/** A handle to one sandbox. Holding it neither keeps the sandbox alive nor owns it. */
export interface Sandbox {
  readonly name: SandboxName;
  readonly files: SandboxFiles;
  readonly snapshots: SandboxSnapshots;
  readonly egress: SandboxEgress;
  readonly jobs: SandboxJobs;
  /** Rejects with SANDBOX_NOT_FOUND. */
  info(options?: CallOptions): Promise<SandboxInfo>;
  /** Rejects with SANDBOX_NOT_FOUND. */
  usage(options?: CallOptions): Promise<SandboxUsage>;
  /**
   * Changes limits and labels, also while it runs. Rejects with CAPACITY_EXHAUSTED, and changes nothing, where the sandbox uses more than a
   * new limit allows.
   */
  update(change: SandboxChange, options?: UpdateOptions): Promise<SandboxInfo>;
  /** Resolves once commands can run; a running one is fine. */
  start(options?: WaitOptions): Promise<void>;
  /** Ends every process in it; a stopped one is fine. */
  stop(options?: StopOptions): Promise<void>;
  /** Removes it with all that belongs to it; a missing one is fine. */
  destroy(options?: WaitOptions): Promise<void>;
  /** Runs a command to its end and collects its output. A non-zero exit code is a result, not an error. */
  exec(command: Command, options?: ExecOptions): Promise<ExecResult>;
  /** Starts a command and hands out its streams. */
  spawn(command: Command, options?: SpawnOptions): Promise<SandboxProcess>;
}

/** What `create()` hands out: leaving its `await using` scope destroys the sandbox, unless it was released. */
export interface OwnedSandbox extends Sandbox, AsyncDisposable {
  /** Gives ownership up: the sandbox outlives the scope. */
  release(): Sandbox;
}
