import { BaseCommand } from "./base-command.ts";
import { UsageError } from "./failure.ts";

/** A word that says nothing without one of its sub-commands; its help tells them. */
export abstract class GroupCommand extends BaseCommand {
  /** The second words that there are. */
  protected abstract readonly choices: readonly string[];

  protected override run(): Promise<number> {
    const word = this.path.join(" ");
    throw new UsageError(`${word} needs a command: ${this.choices.join(", ")}`, {
      next: `see: pixels ${word} --help`,
    });
  }
}
