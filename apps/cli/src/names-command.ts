import { Option } from "clipanion";
import { parseSandboxName, type SandboxName } from "@pixels/core";
import { EachCommand, type EachWords } from "./each-command.ts";

/** A command that does one thing to each sandbox that is named. */
export abstract class NamesCommand extends EachCommand<SandboxName> {
  static override synopsis = "<name>...";

  names = Option.Rest({ name: "name", required: 1 });

  /** How a sandbox is afterwards, for the JSON document and for people. */
  protected abstract readonly done: string;

  // more would only wait for the server
  protected override readonly maxAtOnce = 4;

  protected override get words(): EachWords {
    return { done: this.done, list: "sandboxes", item: "name" };
  }

  protected override getItems(): readonly string[] {
    return this.names;
  }

  protected override parse(text: string): SandboxName {
    return parseSandboxName(text);
  }
}
