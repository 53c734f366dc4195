import type { Readable } from "node:stream";
import type { ExitStatus, SandboxProcess } from "@pixels/core";
import { pumpInput } from "./exec-input.ts";
import { type OutputSink, pumpOutput } from "./exec-output.ts";

export interface RunOptions {
  readonly sink: OutputSink;
  /** What the command reads; it gets the end of its input at once where that is undefined. */
  readonly input: Readable | undefined;
  /** What sets the input back, as soon as the command has ended. */
  readonly raw?: Disposable;
}

/** Carries input and output until the command has ended. */
export async function runToEnd(
  process: SandboxProcess,
  { sink, input, raw }: RunOptions,
): Promise<ExitStatus> {
  const [status] = await Promise.all([
    process.wait(),
    pumpOutput(process, sink),
    pumpInput(process, input, raw),
  ]);
  return status;
}
