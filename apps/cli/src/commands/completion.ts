import { Command, Option } from "clipanion";
import { InvalidArgumentError } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { CompletesTable } from "../completion/completes.ts";
import { scripts } from "../completion/scripts.ts";
import { isShell, shells } from "../completion/shells.ts";
import { toDocument } from "../output.ts";

/** `pixels completion`. */
export class CompletionCommand extends BaseCommand {
  static override paths = [["completion"]];
  static override synopsis = "bash|zsh|fish";
  static override usage = Command.Usage({
    description: "Print what has a shell complete commands, options and names",
    details: `
      A script for the shell that is named. At each TAB it asks pixels itself, which completes commands, options, sandboxes, checkpoints and
      files. Names come from the server that the line, the environment and the configuration mean; where it does not answer within a
      second, there are none.
    `,
    examples: [
      ["In ~/.bashrc", `eval "$(pixels completion bash)"`],
      ["In ~/.zshrc, after compinit", `eval "$(pixels completion zsh)"`],
      ["Or in a folder of zsh's $fpath", "pixels completion zsh > ~/.zfunc/_pixels"],
      ["In ~/.config/fish/config.fish", "pixels completion fish | source"],
    ],
  });

  static override completes: CompletesTable = { shell: { values: shells } };

  shell = Option.String({ name: "shell" });

  protected override run(): Promise<number> {
    const { shell } = this;
    if (!isShell(shell))
      throw new InvalidArgumentError(
        `there is no completion for ${JSON.stringify(shell)}; expected ${shells.join(", ")}`,
        { next: "name one of them", context: { shell } },
      );
    this.context.stdout.write(this.json ? toDocument({ shell, script: scripts[shell] }) : scripts[shell]);
    return Promise.resolve(0);
  }
}
