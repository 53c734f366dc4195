import type { Command } from "./command.ts";
import type { ExitStatus, OutputChunk, SpawnOptions } from "./exec.ts";
import type { CallOptions } from "./options.ts";
import type { ProcessSignal } from "./process-signals.ts";

export interface StartJobOptions extends Omit<SpawnOptions, "terminal"> {
  /** "open": it waits for `write` and `closeStdin`. Default "none": it reads the end of file at once. */
  readonly stdin?: "none" | "open";
}

/**
 * `exited`: its output is complete, and nothing that it started is left. `lost`: it ended without leaving an exit code, with the sandbox or by
 * somebody who ended what supervised it.
 */
export type JobState = "running" | "exited" | "lost";

export interface JobInfo {
  readonly id: string;
  readonly command: Command;
  readonly state: JobState;
  /** Of one that has exited. */
  readonly status?: ExitStatus;
  /** By the clock of whoever started it; `endedAt` is as much later as it took. */
  readonly startedAt: Date;
  readonly endedAt?: Date;
}

export interface ReadJobOptions extends CallOptions {
  /** Where an earlier reading ended. Default: the beginning. */
  readonly cursor?: string;
  /** How long to wait for something to read, or for the job's end. Default 0. */
  readonly waitMs?: number;
  /** The most of each stream. Default 1 MiB. */
  readonly maxBytes?: number;
}

export interface JobOutput {
  /** One a stream at most; the order between the streams is undefined. */
  readonly chunks: readonly OutputChunk[];
  /** For the next reading. */
  readonly cursor: string;
  readonly state: JobState;
  /** Of one that has exited. */
  readonly status?: ExitStatus;
  /** Everything was read, and nothing will be added. */
  readonly end: boolean;
  /** Some output could not be kept, as the sandbox had no room for it. */
  readonly incomplete: boolean;
}

/**
 * Commands that belong to the sandbox and not to whoever started them: they outlive client, connection and server, and their output and exit code
 * outlive a restart of the sandbox, which ends them. A clone has those of its source, as files: what ran there is lost here. Those that have ended are cleared away seven days later, or where they are more than 1,000
 * or larger than 256 MiB together; never the latest. All reject with JOB_NOT_FOUND for a job that is not, or no longer, there.
 */
export interface SandboxJobs {
  /**
   * Resolves once the command is about to run, with the same promises as `spawn`. Aborted, nothing of it is left. Where the connection is lost
   * meanwhile, and it cannot be found out whether it runs, it rejects with CONNECTION_LOST and the id in `context.job`.
   */
  start(command: Command, options?: StartJobOptions): Promise<JobInfo>;
  get(id: string, options?: CallOptions): Promise<JobInfo>;
  /** The oldest first. */
  list(options?: CallOptions): Promise<readonly JobInfo[]>;
  /** What it has written from the cursor on; waits where there is nothing yet. May be asked again with the same cursor. */
  read(id: string, options?: ReadJobOptions): Promise<JobOutput>;
  /** Resolves when the job has taken the data, or a pipe has them for it; what a job that has ended does not read is dropped. Rejects with INVALID_ARGUMENT where its stdin is not open. */
  write(id: string, data: string | Uint8Array, options?: CallOptions): Promise<void>;
  /** The job reads the end of file after what was written. One whose stdin is closed is fine. */
  closeStdin(id: string, options?: CallOptions): Promise<void>;
  /** Signals every process of the job; one that has ended is fine. KILL resolves once none is left. */
  signal(id: string, signal: ProcessSignal, options?: CallOptions): Promise<void>;
}
