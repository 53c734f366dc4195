import { Command, Option } from "clipanion";
import { parseSandboxName } from "@pixels/core";
import { BaseCommand } from "../../base-command.ts";
import { toCheckpointJson, toCheckpointRows } from "../../checkpoints.ts";
import type { Interrupts } from "../../interrupts.ts";
import { toDocument } from "../../output.ts";

/** `pixels checkpoint list`. */
export class ListCheckpointsCommand extends BaseCommand {
  static override paths = [
    ["checkpoint", "list"],
    ["cp", "list"],
  ];
  static override synopsis = "<name>";
  static override usage = Command.Usage({
    description: "List a sandbox's checkpoints, oldest first",
    details: `
      Label, time, and the room that only this checkpoint takes, where the storage can tell.
    `,
    examples: [
      ["Which checkpoints there are", "pixels checkpoint list dev"],
      ["The newest one's label", "pixels checkpoint list dev --json | jq -r '.checkpoints[-1].label'"],
    ],
  });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    await using session = await this.open({ signal, collect: "now" });
    const checkpoints = await session.client.sandbox(name).snapshots.list({ signal });
    this.context.stdout.write(
      this.json
        ? toDocument({ name, checkpoints: checkpoints.map(toCheckpointJson) })
        : toCheckpointRows(checkpoints),
    );
    return 0;
  }
}
