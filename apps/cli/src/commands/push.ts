import { Command } from "clipanion";
import type { Sandbox, TransferOptions, TransferResult } from "@pixels/core";
import type { CompletesTable } from "../completion/completes.ts";
import { mustFindLocal } from "../local-paths.ts";
import type { RemotePaths } from "../remote-paths.ts";
import { TransferCommand } from "../transfer-command.ts";
import { planTransfer, type TransferStep } from "../transfer-plan.ts";

/** `pixels push`. */
export class PushCommand extends TransferCommand {
  static override paths = [["push"]];
  static override synopsis = "<name> <local>... <remote>";
  static override usage = Command.Usage({
    description: "Copy files and directories into a sandbox",
    details: `
      As cp -r would: into <remote> where that is a directory, else under that very name. Its directories are made where they are missing. A
      path in the sandbox that does not begin with a slash counts from the home folder of the account that commands run as. The sandbox may be
      stopped.

      Each file is replaced as a whole or not at all. Modes are kept, and symlinks within a directory are copied as they are. Devices, sockets,
      pipes and names that are not UTF-8 are left out with a warning.
    `,
    examples: [
      ["A directory, into the home folder", "pixels push dev ./project ."],
      ["Some files, into a directory that is there", "pixels push dev one.txt two.txt /srv"],
      ["A file under another name", "pixels push dev site.conf /etc/nginx/conf.d/default.conf"],
      ["What is in a directory", "pixels push dev ./public/. /var/www"],
    ],
  });

  // the last one is in the sandbox, and which is the last nobody knows yet
  static override completes: CompletesTable = { operands: "file" };

  protected override async plan(
    sources: readonly string[],
    target: string,
    remote: RemotePaths,
  ): Promise<readonly TransferStep[]> {
    return planTransfer(await Promise.all(sources.map(mustFindLocal)), await remote.find(target));
  }

  protected override async transfer(
    sandbox: Sandbox,
    { from, to }: TransferStep,
    options: TransferOptions,
  ): Promise<TransferResult> {
    return await sandbox.files.upload(from, to, options);
  }
}
