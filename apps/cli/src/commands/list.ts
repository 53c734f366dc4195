import { Command, Option } from "clipanion";
import type { SandboxInfo } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { toJson, toRows } from "../sandbox-row.ts";

/** `pixels list`. */
export class ListCommand extends BaseCommand {
  static override paths = [["list"], ["ls"]];
  static override synopsis = "[--all]";
  static override usage = Command.Usage({
    description: "List the sandboxes",
    details: `
      Name, status, address, base, age and what each may reach on the network, sorted by name. Bases, which are templates for sandboxes, are
      shown with --all only. Also called ls.
    `,
    examples: [
      ["Which sandboxes there are", "pixels list"],
      ["Only the names, for a script", "pixels list --json | jq -r '.sandboxes[].name'"],
    ],
  });

  all = Option.Boolean("--all", false, { description: "show bases too" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    await using session = await this.open({ signal, collect: "later" });
    const { client, config } = session;
    const found: SandboxInfo[] = [];
    for await (const info of client.list({ signal })) found.push(info);
    // only what is half made can be abandoned: without any, one request has told all
    const mayBeAbandoned = found.some(({ status }) => status === "creating" || status === "stopping");
    const collected = new Set(mayBeAbandoned ? await session.collect() : []);
    const shown = found.filter(
      ({ name }) => !collected.has(name) && (this.all || !name.startsWith(config.mcp.basePrefix)),
    );
    this.context.stdout.write(
      this.json ? toDocument({ sandboxes: shown.map(toJson) }) : toRows(shown, new Date()),
    );
    return 0;
  }
}
