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
