import { execFile } from "node:child_process";
import type { CallOptions } from "@pixels/core";

const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

/** What the program prints, or undefined where it cannot be run or fails. Rejects only where it is aborted, with the signal's reason. */
export async function askProgram(
  program: string,
  args: readonly string[],
  { signal }: CallOptions,
): Promise<string | undefined> {
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const options = { signal, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, LC_ALL: "C" } };
    execFile(program, args, options, (error, stdout) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve(error === null ? stdout : undefined);
    });
  });
}
