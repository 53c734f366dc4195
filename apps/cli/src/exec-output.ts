import type { Writable } from "node:stream";
import type { ExitStatus, SandboxProcess } from "@pixels/core";
import { writeTo } from "./output.ts";

/** How much of each stream a JSON document holds. */
const MAX_CAPTURED_BYTES = 1024 * 1024;

/** Where a command's output goes. */
export interface OutputSink {
  take(stream: "stdout" | "stderr", data: Uint8Array): Promise<void>;
}

/** Hands a command's output over until it ends; the sink sets the pace. */
export async function pumpOutput(process: SandboxProcess, sink: OutputSink): Promise<void> {
  for await (const { stream, data } of process.output)
    await sink.take(stream === "stderr" ? "stderr" : "stdout", data);
}

/** Passes the output on as it comes. */
export function streamingSink(streams: { readonly stdout: Writable; readonly stderr: Writable }): OutputSink {
  return { take: (stream, data) => writeTo(streams[stream], data) };
}

class CapturedStream {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  truncated = false;

  add(data: Uint8Array): void {
    const room = MAX_CAPTURED_BYTES - this.#size;
    if (data.length > room) this.truncated = true;
    const kept = data.subarray(0, room);
    this.#size += kept.length;
    if (kept.length > 0) this.#chunks.push(kept);
  }

  toBytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Undefined where the bytes are not UTF-8; a character that was cut off at the limit is left out. */
  toText(): string | undefined {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.toBytes(), {
        stream: this.truncated,
      });
    } catch {
      return undefined;
    }
  }
}

/** Keeps the beginning of the output for a JSON document; what comes after it is dropped. */
export class CapturingSink implements OutputSink {
  readonly #streams = { stdout: new CapturedStream(), stderr: new CapturedStream() };
  /** There was output. */
  used = false;

  take(stream: "stdout" | "stderr", data: Uint8Array): Promise<void> {
    this.used = true;
    this.#streams[stream].add(data);
    return Promise.resolve();
  }

  /** The keys of the document. `encoding` holds for both streams: "base64" where one of them is not valid UTF-8. */
  toJson(status: ExitStatus | undefined, durationMs: number): Record<string, unknown> {
    const { stdout, stderr } = this.#streams;
    const texts = [stdout.toText(), stderr.toText()] as const;
    const isText = texts.every((text) => text !== undefined);
    return {
      exit_code: status?.exitCode ?? null,
      signal: status?.signal ?? null,
      stdout: isText ? texts[0] : stdout.toBytes().toString("base64"),
      stderr: isText ? texts[1] : stderr.toBytes().toString("base64"),
      encoding: isText ? "utf-8" : "base64",
      truncated: stdout.truncated || stderr.truncated,
      duration_ms: Math.round(durationMs),
    };
  }
}
