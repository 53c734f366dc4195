import { setTimeout as sleep } from "node:timers/promises";
import { TimeoutError } from "../exec-errors.ts";
import type { CallOptions } from "../options.ts";

export interface PollOptions extends CallOptions {
  /** Completes "waited N ms for". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/**
 * Tries until the attempt gives something other than undefined. Rejects with TIMEOUT after `timeoutMs`, with the attempt's own error
 * at once, and with the signal's reason when aborted.
 */
export async function poll<T>(attempt: () => Promise<T | undefined>, options: PollOptions): Promise<T> {
  const { what, timeoutMs, intervalMs, signal } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await attempt();
    if (found !== undefined) return found;
    if (performance.now() + intervalMs > end) throw new TimeoutError(`waited ${timeoutMs} ms for ${what}`);
    await pause(intervalMs, signal);
  }
}

async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(durationMs, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
