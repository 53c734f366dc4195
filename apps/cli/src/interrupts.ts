/** The signals by which somebody asks a command to end, and the exit codes that a shell gives them. */
const exitCodes = { INT: 130, TERM: 143, HUP: 129 } as const;

export type InterruptSignal = keyof typeof exitCodes;

/** Why a call was aborted when the user, or the system, asked the command to end. */
export class InterruptedError extends Error {
  readonly exitCode: number;

  constructor(signal: InterruptSignal) {
    super(`interrupted by SIG${signal}`);
    this.name = new.target.name;
    this.exitCode = exitCodes[signal];
  }
}

/** Called at each signal with how many there have been, this one included. */
export type InterruptHandler = (signal: InterruptSignal, count: number) => void;

/** Listens until it is disposed. The first signal aborts; a second one ends this process at once. */
export interface Interrupts extends Disposable {
  /** Aborts with an `InterruptedError`. */
  readonly signal: AbortSignal;
  /** The first one there was. */
  readonly first: InterruptSignal | undefined;
  /** From now on the handler decides about the first and the second signal; a third one ends this process. */
  handle(handler: InterruptHandler): void;
}

export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  let first: InterruptSignal | undefined;
  let count = 0;
  let handler: InterruptHandler | undefined;
  const receive = (signal: InterruptSignal): void => {
    count++;
    first ??= signal;
    // what is still being cleaned up is left to the next command
    if (count > (handler === undefined ? 1 : 2)) process.exit(exitCodes[signal]);
    if (handler === undefined) controller.abort(new InterruptedError(signal));
    else handler(signal, count);
  };
  const listeners = (["INT", "TERM", "HUP"] as const).map(
    (signal) => [`SIG${signal}`, () => receive(signal)] as const,
  );
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    get first() {
      return first;
    },
    handle(next) {
      handler = next;
    },
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
