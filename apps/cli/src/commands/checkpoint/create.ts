import { Command, Option } from "clipanion";
import {
  parseSandboxName,
  parseSnapshotName,
  PixelsError,
  type Sandbox,
  type SnapshotInfo,
  type WaitOptions,
} from "@pixels/core";
import { BaseCommand } from "../../base-command.ts";
import { labelAt, toCheckpointJson } from "../../checkpoints.ts";
import type { Interrupts } from "../../interrupts.ts";
import { toDocument } from "../../output.ts";
import { showProgress } from "../../progress.ts";

/** `pixels checkpoint create`. */
export class CreateCheckpointCommand extends BaseCommand {
  static override paths = [
    ["checkpoint", "create"],
    ["cp", "create"],
  ];
  static override synopsis = "[--label <label>] <name>";
  static override usage = Command.Usage({
    description: "Keep the present state of a sandbox's files",
    details: `
      Also of a sandbox that runs; what its programs have not written yet is not in it. Without a label it is called px-YYYYMMDD-HHMMSS, after the
      local time, or the next second that is free.
    `,
    examples: [
      ["Keep the present state", "pixels checkpoint create dev"],
      ["Under a label of your own", "pixels checkpoint create dev --label before-upgrade"],
    ],
  });

  label = Option.String("--label", { description: "<label> how to call it" });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    const label = this.label === undefined ? undefined : parseSnapshotName(this.label);
    await using session = await this.open({ signal, collect: "now" });
    const sandbox = session.client.sandbox(name);
    using progress = showProgress({
      stream: process.stderr,
      label: `${this.path.join(" ")} ${name}`,
      silent: this.json,
      env: this.context.env,
    });
    const options = { signal, onProgress: progress.onProgress };
    const checkpoint = await (label === undefined
      ? createUnnamed(sandbox, options)
      : sandbox.snapshots.create(label, options));
    progress[Symbol.dispose]();
    this.context.stdout.write(
      this.json ? toDocument({ name, ...toCheckpointJson(checkpoint) }) : `${checkpoint.name} created\n`,
    );
    return 0;
  }
}

/** Under the label of this second, or of the next one that is free. */
async function createUnnamed(sandbox: Sandbox, options: WaitOptions): Promise<SnapshotInfo> {
  for (let time = new Date(); ; time = new Date(time.getTime() + 1000)) {
    try {
      return await sandbox.snapshots.create(labelAt(time), options);
    } catch (error) {
      if (!PixelsError.is(error) || error.code !== "SNAPSHOT_ALREADY_EXISTS") throw error;
    }
  }
}
