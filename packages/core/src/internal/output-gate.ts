import type { LaunchSpec } from "../backend/launcher.ts";
import { launchFailurePrefix, readLaunchFailure } from "../backend/launcher.ts";
import type { PixelsError } from "../errors.ts";
import type { OutputChunk } from "../exec.ts";

/**
 * Passes a command's output on, except for the launcher's own line about a command that it could not start. Such a line comes first on
 * stderr, so a few bytes are held back at most, and only while they look like one.
 */
export class OutputGate {
  readonly #spec: Pick<LaunchSpec, "id" | "cwd" | "account">;
  readonly #prefix: Buffer;
  #held: Buffer | undefined = Buffer.alloc(0);
  #stream: OutputChunk["stream"] = "stderr";
  failure: PixelsError | undefined;

  constructor(spec: Pick<LaunchSpec, "id" | "cwd" | "account">) {
    this.#spec = spec;
    this.#prefix = Buffer.from(launchFailurePrefix(spec.id));
  }

  /** The chunk as it may be shown now; undefined while it is held back or was the launcher's. */
  pass(chunk: OutputChunk): OutputChunk | undefined {
    if (chunk.stream === "stdout" || this.#held === undefined) return chunk;
    const seen = Buffer.concat([this.#held, chunk.data]);
    const length = Math.min(seen.length, this.#prefix.length);
    if (seen.subarray(0, length).equals(this.#prefix.subarray(0, length))) {
      this.#held = seen;
      this.#stream = chunk.stream;
      return undefined;
    }
    this.#held = undefined;
    return { stream: chunk.stream, data: seen };
  }

  /** What is still held back when the output has ended and was not the launcher's. */
  end(): OutputChunk | undefined {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined || held.length === 0) return undefined;
    this.failure = readLaunchFailure(this.#spec.id, held, this.#spec);
    return this.failure === undefined ? { stream: this.#stream, data: held } : undefined;
  }
}
