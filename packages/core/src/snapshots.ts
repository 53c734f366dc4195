import type { CallOptions, WaitOptions } from "./options.ts";

export interface SnapshotInfo {
  readonly name: string;
  readonly createdAt: Date;
  /** Bytes that only this snapshot holds; absent where the storage cannot tell. */
  readonly sizeBytes?: number;
}

export interface RestoreOptions extends WaitOptions {
  /** Where the storage can only go back to the newest one: delete those after it. Default false. */
  readonly discardNewer?: boolean;
}

/** The states of a sandbox's file system that were kept. They reject with SANDBOX_NOT_FOUND and SNAPSHOT_NOT_FOUND. */
export interface SandboxSnapshots {
  /** Also of a sandbox that runs. Rejects with SNAPSHOT_ALREADY_EXISTS; aborted it leaves none. */
  create(name: string, options?: WaitOptions): Promise<SnapshotInfo>;
  /** Oldest first. */
  list(options?: CallOptions): Promise<readonly SnapshotInfo[]>;
  /**
   * Brings the files back, and nothing else: limits, labels and account stay as they are today. A sandbox that runs is stopped, and started again.
   * Rejects with CAPABILITY_UNSUPPORTED where the storage cannot go back past newer ones and `discardNewer` is not given.
   */
  restore(name: string, options?: RestoreOptions): Promise<void>;
  delete(name: string, options?: CallOptions): Promise<void>;
}
