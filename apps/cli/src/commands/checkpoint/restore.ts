import { Command, Option } from "clipanion";
import { parseSandboxName, parseSnapshotName } from "@pixels/core";
import { BaseCommand } from "../../base-command.ts";
import type { CompletesTable } from "../../completion/completes.ts";
import type { Interrupts } from "../../interrupts.ts";
import { toDocument } from "../../output.ts";
import { showProgress } from "../../progress.ts";

/** `pixels checkpoint restore`. */
export class RestoreCheckpointCommand extends BaseCommand {
  static override paths = [
    ["checkpoint", "restore"],
    ["cp", "restore"],
  ];
  static override synopsis = "[--discard-newer] <name> <label>";
  static override usage = Command.Usage({
    description: "Bring a sandbox's files back as they were",
    details: `
      Stops the sandbox, puts all its files back, and starts it again if it ran. What was written since is lost, unless another checkpoint keeps it.
      Limits and labels stay as they are today. Any checkpoint can be restored where the storage can (btrfs); where it goes back to the
      newest alone, --discard-newer deletes those after the one that is named.
    `,
    examples: [["Go back", "pixels checkpoint restore dev before-upgrade"]],
  });

  static override completes: CompletesTable = { label: "checkpoint" };

  discardNewer = Option.Boolean("--discard-newer", false, {
    description: "delete newer checkpoints where the storage asks for it",
  });

  name = Option.String({ name: "name" });
  label = Option.String({ name: "label" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    const label = parseSnapshotName(this.label);
    await using session = await this.open({ signal, collect: "now" });
    using progress = showProgress({
      stream: process.stderr,
      label: `${this.path.join(" ")} ${name}`,
      silent: this.json,
      env: this.context.env,
    });
    await session.client.sandbox(name).snapshots.restore(label, {
      signal,
      onProgress: progress.onProgress,
      discardNewer: this.discardNewer,
    });
    progress[Symbol.dispose]();
    this.context.stdout.write(
      this.json ? toDocument({ name, label, status: "restored" }) : `${name} restored to ${label}\n`,
    );
    return 0;
  }
}
