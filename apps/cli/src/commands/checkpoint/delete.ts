import { Command, Option } from "clipanion";
import { parseSandboxName, parseSnapshotName, type SnapshotName, type WaitOptions } from "@pixels/core";
import type { CompletesTable } from "../../completion/completes.ts";
import type { Session } from "../../compose.ts";
import { EachCommand } from "../../each-command.ts";

/** `pixels checkpoint delete`. */
export class DeleteCheckpointCommand extends EachCommand<SnapshotName> {
  static override paths = [
    ["checkpoint", "delete"],
    ["cp", "delete"],
  ];
  static override synopsis = "<name> <label>...";
  static override usage = Command.Usage({
    description: "Delete checkpoints of a sandbox",
    details: `
      The sandbox itself stays as it is, and so does what was made from them. All the checkpoints that are named are tried; the exit code is that of
      the first failure.
    `,
    examples: [["Delete two of them", "pixels checkpoint delete dev before-upgrade px-20260131-120000"]],
  });

  static override completes: CompletesTable = { labels: "checkpoint" };

  name = Option.String({ name: "name" });
  labels = Option.Rest({ name: "label", required: 1 });

  protected override readonly words = { done: "deleted", list: "checkpoints", item: "label" };
  // the server takes one change of a sandbox after another
  protected override readonly maxAtOnce = 1;

  protected override describe(): Readonly<Record<string, unknown>> {
    return { name: parseSandboxName(this.name) };
  }

  protected override getItems(): readonly string[] {
    parseSandboxName(this.name);
    return this.labels;
  }

  protected override parse(text: string): SnapshotName {
    return parseSnapshotName(text);
  }

  protected override async act(
    { client }: Session,
    label: SnapshotName,
    { signal }: WaitOptions,
  ): Promise<void> {
    await client.sandbox(this.name).snapshots.delete(label, { signal });
  }
}
