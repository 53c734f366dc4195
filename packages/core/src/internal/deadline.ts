import { TimeoutError } from "../exec-errors.ts";
import type { CallOptions } from "../options.ts";
import { startTimer } from "./start-timer.ts";

export interface DeadlineOptions extends CallOptions {
  readonly timeoutMs?: number;
  /** Names the call in the error, such as `creating sandbox "dev"`. */
  readonly what: string;
}

/** A signal that follows the caller's and aborts with a TIMEOUT of its own after `timeoutMs`. Dispose it to let go of both. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** The reason while it is the time that ran out; undefined while it has not, or the caller aborted first. */
  readonly timedOut: () => TimeoutError | undefined;
  /** Counts anew from now on. */
  readonly restart: () => void;
}

/** AbortSignal.any keeps its sources' listeners until they are collected; this one removes them when it is disposed. */
export function openDeadline({ signal, timeoutMs, what }: DeadlineOptions): Deadline {
  const controller = new AbortController();
  let expired: TimeoutError | undefined;
  const follow = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) follow();
  signal?.addEventListener("abort", follow, { once: true });
  let restarted = false;
  const start = (): Disposable | undefined =>
    timeoutMs === undefined
      ? undefined
      : startTimer(timeoutMs, () => {
          if (controller.signal.aborted) return;
          const late = restarted ? "made no progress for" : "took longer than";
          expired = new TimeoutError(`${what} ${late} ${timeoutMs} ms`, { context: { timeoutMs } });
          controller.abort(expired);
        });
  let timer = start();
  return {
    signal: controller.signal,
    timedOut: () => expired,
    restart() {
      timer?.[Symbol.dispose]();
      restarted = true;
      timer = start();
    },
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener("abort", follow);
    },
  };
}
