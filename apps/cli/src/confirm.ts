import { createInterface } from "node:readline";
import { type CallOptions, InvalidArgumentError } from "@pixels/core";

export interface ConfirmOptions extends CallOptions {
  /** Who asks, and about what, for the refusal. */
  readonly what: string;
  /** What says yes beforehand. Default "--force". */
  readonly flag?: string;
}

/** True where the answer is yes. Rejects with INVALID_ARGUMENT where there is no terminal to ask on. */
export async function confirm(
  question: string,
  { signal, what, flag = "--force" }: ConfirmOptions,
): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new InvalidArgumentError(`${what}, and there is no terminal to ask on`, {
      next: `say that you are sure with ${flag}`,
    });
  const answer = await ask(`${question} [y/N] `, { signal });
  return /^y(?:es)?$/i.test(answer.trim());
}

/** The line that is typed; nothing where the input ends. Without `terminal`, Ctrl-C stays the signal that it is. */
async function ask(question: string, { signal }: CallOptions): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    return await new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
      process.stderr.write(question);
    });
  } finally {
    lines.close();
    process.stdin.destroy();
  }
}
