import type { SandboxProcess, TerminalSize } from "@pixels/core";

/** What a command gets where this process has no terminal, or one that does not know its size. */
const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** The size of the terminal that this process writes to. */
export function readTerminalSize(): TerminalSize {
  for (const { isTTY, columns, rows } of [process.stdout, process.stderr])
    if (isTTY && columns > 0 && rows > 0) return { columns, rows };
  return DEFAULT_SIZE;
}

/** Gives a command's terminal the size of ours, now and whenever ours changes, until it is disposed. */
export function followTerminalSize(command: SandboxProcess): Disposable {
  const follow = (): void => {
    // one that has ended needs none, and a connection that was lost is told of by the command's end
    command.resize(readTerminalSize()).catch(() => {});
  };
  // it may have changed while the command was started
  follow();
  const streams = [process.stdout, process.stderr].filter(({ isTTY }) => isTTY);
  for (const stream of streams) stream.on("resize", follow);
  return {
    [Symbol.dispose]() {
      for (const stream of streams) stream.off("resize", follow);
    },
  };
}
