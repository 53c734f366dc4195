import type { ExitStatus, SandboxProcess } from "@pixels/core";
import { type RunOptions, runToEnd } from "./exec-run.ts";
import { enterRawMode } from "./raw-mode.ts";
import { watchScreen } from "./screen.ts";
import { followTerminalSize } from "./terminal-size.ts";

/** As `runToEnd`, for a command on a terminal of its own: ours follows it, and is as it was before in the end. */
export async function runOnTerminal(
  command: SandboxProcess,
  { sink, input }: Omit<RunOptions, "raw">,
): Promise<ExitStatus> {
  const screen = watchScreen(sink);
  using size = followTerminalSize(command);
  using raw = enterRawMode(input);
  let killed = true;
  try {
    const status = await runToEnd(command, { sink: screen.sink, input, raw });
    killed = status.exitCode > 128;
    return status;
  } finally {
    size[Symbol.dispose]();
    raw[Symbol.dispose]();
    if (killed) screen.reset(process.stdout);
  }
}
