import { Command } from "clipanion";
import type { Sandbox, TransferOptions, TransferResult } from "@pixels/core";
import type { CompletesTable } from "../completion/completes.ts";
import { findLocalTarget } from "../local-paths.ts";
import type { RemotePaths } from "../remote-paths.ts";
import { TransferCommand } from "../transfer-command.ts";
import { planTransfer, type TransferStep } from "../transfer-plan.ts";

/** `pixels pull`. */
export class PullCommand extends TransferCommand {
  static override paths = [["pull"]];
  static override synopsis = "<name> <remote>... <local>";
  static override usage = Command.Usage({
    description: "Copy files and directories out of a sandbox",
    details: `
      As cp -r would: into <local> where that is a directory, else under that very name. Its directories are made where they are missing. A path
      in the sandbox that does not begin with a slash counts from the home folder of the account that commands run as. The sandbox may be
      stopped.

      Whatever is in the sandbox, nothing is written outside of what you name: symlinks within a directory are copied as they are, and what a
      local symlink points to is left alone. Each file is replaced as a whole or not at all, and modes are kept. Devices, sockets, pipes and
      names that are not UTF-8 are left out with a warning.
    `,
    examples: [
      ["A directory from the home folder, to here", "pixels pull dev project ."],
      ["A file under another name", "pixels pull dev /var/log/syslog ./dev.log"],
      ["What is in a directory", "pixels pull dev results/. ./results"],
    ],
  });

  // the first one is in the sandbox, and which of the others is the last nobody knows yet
  static override completes: CompletesTable = { operands: { inTurn: ["nothing", "file"] } };

  protected override async plan(
    sources: readonly string[],
    target: string,
    remote: RemotePaths,
  ): Promise<readonly TransferStep[]> {
    const found = await Promise.all(sources.map((source) => remote.mustFind(source)));
    return planTransfer(found, await findLocalTarget(target));
  }

  protected override async transfer(
    sandbox: Sandbox,
    { from, to }: TransferStep,
    options: TransferOptions,
  ): Promise<TransferResult> {
    return await sandbox.files.download(from, to, options);
  }
}
