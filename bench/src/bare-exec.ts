import { execBare } from "./floor/exec.ts";
import type { Contestant, Stage } from "./row.ts";
import type { StageSandbox } from "./sandbox.ts";

/** The floor of commands: one bare exec that has to end with 0. */
export function bareExec(
  { rest }: Stage,
  { instance }: StageSandbox,
  toCommand: () => readonly string[],
): Contestant {
  return async () => {
    const { exitCode } = await execBare(rest, instance, toCommand());
    if (exitCode !== 0) throw new Error(`the floor's command ended with ${exitCode}`);
    return undefined;
  };
}
