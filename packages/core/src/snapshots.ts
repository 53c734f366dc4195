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

/** The states of a sandbox's file system that were kept. */
export interface SandboxSnapshots {
  create(name: string, options?: WaitOptions): Promise<SnapshotInfo>;
  /** Oldest first. */
  list(options?: CallOptions): Promise<readonly SnapshotInfo[]>;
  restore(name: string, options?: RestoreOptions): Promise<void>;
  delete(name: string, options?: CallOptions): Promise<void>;
}
