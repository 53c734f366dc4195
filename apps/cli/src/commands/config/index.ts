import { Command, type CommandClass } from "clipanion";
import { GroupCommand } from "../../group-command.ts";
import { ShowConfigCommand } from "./show.ts";

/** `pixels config`: what can be told about the configuration. */
class ConfigCommand extends GroupCommand {
  static override paths = [["config"]];
  static override synopsis = "<command>";
  static override usage = Command.Usage({
    description: "Tell the configuration",
    details: `
      Settings come from defaults, one file, the environment and flags; docs/configuration.md lists them.
    `,
    examples: [["Which settings count, and where each comes from", "pixels config show"]],
  });

  protected override readonly choices = ["show"];
}

/** Every command that begins with `config`, the one for the word alone first. */
export const configCommands: readonly CommandClass[] = [ConfigCommand, ShowConfigCommand];
