import { Command, Option } from "clipanion";
import { parseSandboxName } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { readStatus, toStatusJson, toStatusText } from "../sandbox-status.ts";

/** `pixels status`. */
export class StatusCommand extends BaseCommand {
  static override paths = [["status"]];
  static override synopsis = "<name>";
  static override usage = Command.Usage({
    description: "Show one sandbox: its state, limits, use and provisioning",
    details: `
      State, addresses, image, the account that commands run as, limits beside what is used of them, how many checkpoints there are, what the
      sandbox may reach on the network, and the steps of its provisioning, with the end of the log of those that have failed.
    `,
    examples: [
      ["How a sandbox is doing", "pixels status dev"],
      ["How much memory it uses", "pixels status dev --json | jq .usage.memory_bytes"],
      ["Whether the tools are installed", "pixels status dev --json | jq .provisioning.state"],
    ],
  });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    await using session = await this.open({ signal, collect: "now" });
    const status = await readStatus(session.client, name, { signal });
    this.context.stdout.write(this.json ? toDocument(toStatusJson(status)) : toStatusText(status));
    return 0;
  }
}
