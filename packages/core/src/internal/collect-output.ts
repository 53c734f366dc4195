import type { OutputChunk } from "../exec.ts";

/** One stream of a command, kept up to a number of bytes and counted beyond. */
export class StreamCollector {
  readonly #limit: number;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  droppedBytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(data: Uint8Array): void {
    const room = this.#limit - this.#keptBytes;
    const part = data.length <= room ? data : data.subarray(0, room);
    if (part.length > 0) this.#kept.push(part);
    this.#keptBytes += part.length;
    this.droppedBytes += data.length - part.length;
  }

  toBytes(): Uint8Array {
    return Buffer.concat(this.#kept);
  }
}

/** Both streams of a command; what a terminal shows counts as stdout. */
export class OutputCollector {
  readonly stdout: StreamCollector;
  readonly stderr: StreamCollector;

  constructor(maxOutputBytes: number) {
    this.stdout = new StreamCollector(maxOutputBytes);
    this.stderr = new StreamCollector(maxOutputBytes);
  }

  add({ stream, data }: OutputChunk): void {
    (stream === "stderr" ? this.stderr : this.stdout).add(data);
  }
}
