import type { WaitOptions } from "../options.ts";
import { openDeadline } from "./deadline.ts";

/** Calls with a signal that follows the caller's and aborts with TIMEOUT after `timeoutMs`. `what` names the call in that error. */
export async function withDeadline<T>(
  { timeoutMs, signal, onProgress }: WaitOptions,
  what: string,
  act: (options: WaitOptions) => Promise<T>,
): Promise<T> {
  using deadline = openDeadline({ signal, timeoutMs, what });
  deadline.signal.throwIfAborted();
  return await act({ signal: deadline.signal, onProgress });
}

/** The same for a call that may take long as long as it tells that it goes on: each progress has `silenceMs` count anew. */
export async function withPatience<T>(
  { silenceMs, signal, onProgress }: Omit<WaitOptions, "timeoutMs"> & { readonly silenceMs: number },
  what: string,
  act: (options: WaitOptions) => Promise<T>,
): Promise<T> {
  using deadline = openDeadline({ signal, timeoutMs: silenceMs, what });
  deadline.signal.throwIfAborted();
  return await act({
    signal: deadline.signal,
    onProgress(phase, percent) {
      deadline.restart();
      onProgress?.(phase, percent);
    },
  });
}
