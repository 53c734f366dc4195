import { setMaxListeners } from "node:events";

/** How many files of a transfer are on their way at once: more are not faster. */
export const FILES_AT_ONCE = 16;

/** One piece of work. It may give further ones, which are made as they are taken. */
export type Task = (options: { readonly signal: AbortSignal }) => Promise<Iterable<Task> | void>;

/**
 * Runs a task and all that come from it, some at once and the newest first, so that few of them wait. At the first failure, and where the
 * signal aborts, no more are begun, those that run are aborted, and once they have ended it rejects.
 */
export async function runTasks(
  first: Task,
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const stop = new AbortController();
  // each task may listen to it more than once
  setMaxListeners(0, stop.signal);
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const waiting: Iterator<Task>[] = [[first].values()];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];

  const run = async (task: Task): Promise<void> => {
    try {
      const more = await task({ signal: stop.signal });
      if (more !== undefined) waiting.push(more[Symbol.iterator]());
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  for (;;) {
    while (running.size < atOnce && !stop.signal.aborted) {
      const task = takeNewest(waiting);
      if (task === undefined) break;
      const settled: Promise<void> = run(task).then(() => void running.delete(settled));
      running.add(settled);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  signal?.removeEventListener("abort", onAbort);
  signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

function takeNewest(waiting: Iterator<Task>[]): Task | undefined {
  for (;;) {
    const newest = waiting.at(-1);
    if (newest === undefined) return undefined;
    const next = newest.next();
    if (next.done !== true) return next.value;
    waiting.pop();
  }
}
