import type { OutputChunk } from "@pixels/core";

/** Something that can be held back; a websocket is. */
interface Pausable {
  pause(): void;
  resume(): void;
}

/** Bytes that may wait for a reader before the sources are held back, and so the command. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** Output between the websockets and its one reader: bounded, so that a slow reader slows the command instead of filling memory. */
export class OutputQueue implements AsyncIterable<OutputChunk> {
  readonly #sources = new Set<Pausable>();
  readonly #chunks: OutputChunk[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #discarding = false;
  #wake: (() => void) | undefined;
  #resolveDrained: (() => void) | undefined;
  /** Settles when the output has ended and all of it was taken or discarded. */
  readonly drained = new Promise<void>((resolve) => {
    this.#resolveDrained = resolve;
  });

  addSource(source: Pausable): { remove(): void } {
    this.#sources.add(source);
    return { remove: () => this.#sources.delete(source) };
  }

  push(chunk: OutputChunk): void {
    if (this.#discarding) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.data.length;
    if (this.#bytes > HIGH_WATER_BYTES) this.#setPaused(true);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    if (this.#chunks.length === 0) this.#resolveDrained?.();
    this.#wake?.();
  }

  /** From now on nobody reads; the command is not held back any more. */
  discard(): void {
    this.#discarding = true;
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#setPaused(false);
    this.#resolveDrained?.();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#bytes -= chunk.data.length;
          if (this.#bytes < HIGH_WATER_BYTES / 2) this.#setPaused(false);
          yield chunk;
        } else if (this.#ended || this.#discarding) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.discard();
    }
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    for (const source of this.#sources) {
      if (paused) source.pause();
      else source.resume();
    }
  }
}
