import { text } from "node:stream/consumers";
import type { CallOptions } from "@pixels/core";
import { abortable } from "@pixels/core/backend";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACES: ReadonlySet<string> = new Set(["\u007F", "\b"]);

/** A line that is typed or pasted without being shown, or all of a stdin that is no terminal; unless `quiet` it says so then, as it may wait. */
export async function readSecret(
  question: string,
  { signal, quiet }: CallOptions & { readonly quiet: boolean },
): Promise<string> {
  const { stdin, stderr } = process;
  signal?.throwIfAborted();
  if (!stdin.isTTY) {
    try {
      if (!quiet) stderr.write(`${question}from stdin\n`);
      return await abortable(text(stdin), signal);
    } finally {
      stdin.destroy();
    }
  }
  // before anybody is asked to type
  stdin.setRawMode(true).setEncoding("utf8");
  stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      let line = "";
      stdin.on("data", (data: string) => {
        for (const character of data) {
          if (character === "\r" || character === "\n" || character === CTRL_D) resolve(line);
          // in raw mode the terminal makes no signal of it
          else if (character === CTRL_C) process.kill(process.pid, "SIGINT");
          else if (BACKSPACES.has(character)) line = line.slice(0, -1);
          else line += character;
        }
      });
      stdin.once("end", () => resolve(line));
    });
  } finally {
    stdin.setRawMode(false);
    stdin.destroy();
    stderr.write("\n");
  }
}
