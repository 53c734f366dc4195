import { spawnSync } from "node:child_process";
import type { Readable } from "node:stream";
import { ReadStream } from "node:tty";

/**
 * Has a terminal pass on every key as it is, and show every byte as it comes, until it is disposed, once or more often. Does nothing where the
 * input is no terminal. However this process ends, but for SIGKILL, Node.js itself sets the terminal back too.
 */
export function enterRawMode(input: Readable | undefined): Disposable {
  if (!(input instanceof ReadStream)) return { [Symbol.dispose]() {} };
  const enter = (): void => {
    input.setRawMode(true);
    // Node.js leaves a line feed what it is for lines of text; programs that draw move the cursor down by it
    spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  };
  // whoever stopped this process, such as a shell, has made the terminal its own meanwhile
  const resume = (): void => {
    input.setRawMode(false);
    enter();
  };
  enter();
  process.on("SIGCONT", resume);
  let entered = true;
  return {
    [Symbol.dispose]() {
      if (!entered) return;
      entered = false;
      process.off("SIGCONT", resume);
      input.setRawMode(false);
    },
  };
}
