import type { Readable } from "node:stream";
import { isatty } from "node:tty";
import { InvalidArgumentError, type SandboxProcess } from "@pixels/core";

export interface InputWish {
  readonly interactive: boolean;
  readonly none: boolean;
  /** The command has a terminal, which is there to be typed on. */
  readonly terminal: boolean;
}

/** Whether a command reads our stdin: where it is no terminal, or where it is asked for. */
export function readsInput({ interactive, none, terminal }: InputWish): boolean {
  return interactive || (!none && (terminal || !isatty(0)));
}

/**
 * Hands the input over until it ends or the command does, then lets go of it: an open pipe or terminal would keep this process alive. `raw`
 * is disposed before, as a terminal can be set back only while it is open.
 */
export async function pumpInput(
  process: SandboxProcess,
  input: Readable | undefined,
  raw?: Disposable,
): Promise<void> {
  if (input === undefined) {
    await process.closeStdin();
    return;
  }
  let ended = false;
  const letGo = (): void => {
    ended = true;
    raw?.[Symbol.dispose]();
    input.destroy();
  };
  process.wait().then(letGo, letGo);
  try {
    for await (const data of input) await process.write(data as Uint8Array);
    await process.closeStdin();
  } catch (error) {
    // reading is broken off when the command ends
    if (ended) return;
    if (error instanceof Error && "syscall" in error && error.syscall === "read")
      throw new InvalidArgumentError(`stdin cannot be read: ${error.message}`, {
        cause: error,
        next: "redirect it from something else, or leave it out with -n",
      });
    throw error;
  } finally {
    raw?.[Symbol.dispose]();
    input.destroy();
  }
}
