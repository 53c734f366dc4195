/** What `race` resolves with once it is over. */
export const OVER: unique symbol = Symbol("over");

/** Something that ends some time. Unlike `Promise.race` with a promise for it, asking a million times leaves nothing behind. */
export class Ending {
  #over = false;
  readonly #waiting = new Set<() => void>();

  /** `promise` settles, either way, when it is over. */
  constructor(promise: Promise<unknown>) {
    const end = (): void => {
      this.#over = true;
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    };
    promise.then(end, end);
  }

  /** The promise's outcome, unless it is over before. */
  race<T>(promise: Promise<T>): Promise<T | typeof OVER> {
    return new Promise((resolve, reject) => {
      const wake = (): void => resolve(OVER);
      if (this.#over) return wake();
      this.#waiting.add(wake);
      const settled = (): void => void this.#waiting.delete(wake);
      promise.finally(settled).then(resolve, reject);
    });
  }
}
