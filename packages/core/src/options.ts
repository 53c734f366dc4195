/** Taken by every asynchronous call. An abort rejects with `signal.reason`, untouched. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** For calls that wait for something to happen. */
export interface WaitOptions extends CallOptions {
  /** Milliseconds; past them the call rejects with TIMEOUT and removes what it had half made. */
  readonly timeoutMs?: number;
  /** Called at each new phase, such as "starting"; `percent` (0 to 100) only where it is known. */
  readonly onProgress?: (phase: string, percent?: number) => void;
}
