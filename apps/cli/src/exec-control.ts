import { type SandboxProcess, TimeoutError } from "@pixels/core";
import { startTimer } from "@pixels/core/backend";
import { type InterruptSignal, InterruptedError, type Interrupts } from "./interrupts.ts";

/** How long a command may take to end after a first Ctrl-C. */
const KILL_AFTER_MS = 2000;

export interface ExecControlOptions {
  readonly interrupts: Interrupts;
  readonly timeoutMs: number | undefined;
  /** The program, for messages. */
  readonly program: string;
}

/** What may end a command early. Aborting `signal` kills the whole command. */
export interface ExecControl extends Disposable {
  readonly signal: AbortSignal;
  /** From now on the first signal is passed on to the command, and the second one, or two seconds, kills it. */
  attach(process: SandboxProcess): void;
  abort(reason: Error): void;
  /** Throws where somebody asked for the end, also where the command then ended by itself. */
  throwIfInterrupted(): void;
}

export function controlExec({ interrupts, timeoutMs, program }: ExecControlOptions): ExecControl {
  const controller = new AbortController();
  const timers: Disposable[] = [];
  let process: SandboxProcess | undefined;
  const abort = (reason: Error): void => controller.abort(reason);
  const interrupt = (signal: InterruptSignal, count: number): void => {
    const reason = new InterruptedError(signal);
    if (process === undefined || count > 1) return abort(reason);
    timers.push(startTimer(KILL_AFTER_MS, () => abort(reason)));
    process.kill(signal).catch(() => abort(reason));
  };
  interrupts.handle(interrupt);
  if (interrupts.first !== undefined) interrupt(interrupts.first, 1);
  if (timeoutMs !== undefined) {
    const reason = new TimeoutError(
      `${JSON.stringify(program)} ran longer than ${timeoutMs} ms and was killed`,
      {
        context: { timeoutMs },
        next: "allow more with --timeout",
      },
    );
    timers.push(startTimer(timeoutMs, () => abort(reason)));
  }
  return {
    signal: controller.signal,
    attach(started) {
      process = started;
    },
    abort,
    throwIfInterrupted() {
      if (interrupts.first !== undefined) throw new InterruptedError(interrupts.first);
    },
    [Symbol.dispose]() {
      for (const timer of timers) timer[Symbol.dispose]();
    },
  };
}
