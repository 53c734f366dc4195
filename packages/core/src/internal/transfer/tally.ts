import type { TransferOptions, TransferResult } from "../../files.ts";

const PROGRESS_INTERVAL_MS = 100;

/** Counts what a transfer has moved, and tells of it now and then. */
export class Tally {
  readonly #onProgress: TransferOptions["onProgress"];
  readonly #skipped: string[] = [];
  #files = 0;
  #bytes = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor({ onProgress }: TransferOptions) {
    this.#onProgress = onProgress;
  }

  addBytes(count: number): void {
    this.#bytes += count;
    this.#tell();
  }

  addFile(): void {
    this.#files++;
    this.#tell();
  }

  skip(path: string): void {
    this.#skipped.push(path);
  }

  /** Tells of the end, too. */
  finish(): TransferResult {
    this.#onProgress?.({ files: this.#files, bytes: this.#bytes });
    return { files: this.#files, bytes: this.#bytes, skipped: this.#skipped.toSorted() };
  }

  #tell(): void {
    const now = performance.now();
    if (this.#onProgress === undefined || now - this.#toldAt < PROGRESS_INTERVAL_MS) return;
    this.#toldAt = now;
    this.#onProgress({ files: this.#files, bytes: this.#bytes });
  }
}
