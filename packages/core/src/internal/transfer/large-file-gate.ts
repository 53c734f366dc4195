/** From this size on a file's content takes the time, and not the requests around it. */
const LARGE_BYTES = 2 ** 20;
const LARGE_AT_ONCE = 2;

/** Holds large files back: more of them at once are not faster, and each keeps some MiB on their way. */
export class LargeFileGate {
  readonly #waiting: (() => void)[] = [];
  #open = LARGE_AT_ONCE;

  async pass<T>(sizeBytes: number, transfer: () => Promise<T>): Promise<T> {
    if (sizeBytes < LARGE_BYTES) return await transfer();
    if (this.#open > 0) this.#open--;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await transfer();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#open++;
      else next();
    }
  }
}
