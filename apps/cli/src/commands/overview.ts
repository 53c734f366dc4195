import { Command } from "clipanion";
import { BaseCommand } from "../base-command.ts";

/** `pixels` alone, and `pixels help`: what there is. Not listed itself. */
export class OverviewCommand extends BaseCommand {
  static override paths = [Command.Default, ["help"]];

  protected override run(): Promise<number> {
    this.context.stdout.write(this.cli.usage());
    return Promise.resolve(0);
  }
}
