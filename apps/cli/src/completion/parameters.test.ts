import { Command, Option } from "clipanion";
import { expect, test } from "vitest";
import { BaseCommand } from "../base-command.ts";
import { loadAllCommands } from "../commands.ts";
import type { CompletesTable } from "./completes.ts";
import { readParameters } from "./parameters.ts";

test("every command says what each of its positionals completes, and nothing of what it does not take", async () => {
  const silent: string[] = [];
  const unknown: string[] = [];
  for (const commandClass of await loadAllCommands()) {
    const { options, positionals } = readParameters(commandClass);
    const taken = new Set([...options, ...positionals].map(({ property }) => property));
    for (const { property, completes } of positionals)
      if (completes === undefined) silent.push(`${commandClass.name}.${property}`);
    const { completes = {} } = commandClass as { readonly completes?: CompletesTable };
    for (const property of Object.keys(completes))
      if (!taken.has(property)) unknown.push(`${commandClass.name}.${property}`);
  }
  expect({ silent, unknown }).toEqual({ silent: [], unknown: [] });
});

test("a class says what differs: sandboxes and its base class's say hold for the rest", () => {
  class Sample extends BaseCommand {
    static override paths = [["sample"]];
    static override completes: CompletesTable = { level: { values: ["low"] } };
    level = Option.String("-l,--level", { description: "<level> how much" });
    secret = Option.Boolean("--secret", false, { hidden: true });
    names = Option.Rest({ name: "name" });
    protected override run(): Promise<number> {
      return Promise.resolve(0);
    }
  }
  const { options, positionals } = readParameters(Sample);
  expect(positionals).toEqual([{ property: "names", repeats: true, completes: "sandbox" }]);
  const completes = options.map((option) => [option.names.join(), option.takesValue, option.completes]);
  expect(completes).toEqual([
    ["-v,--verbose", false, "nothing"],
    ["--json", false, "nothing"],
    ["--config", true, "file"],
    ["--backend", true, { values: ["incus"] }],
    ["--version", false, "nothing"],
    ["-l,--level", true, { values: ["low"] }],
  ]);
});

test("a positional of another name is said nothing of, unless the class does", () => {
  class Sample extends Command {
    other = Option.String({ name: "other" });
    execute(): Promise<number> {
      return Promise.resolve(0);
    }
  }
  expect(readParameters(Sample).positionals).toEqual([
    { property: "other", repeats: false, completes: undefined },
  ]);
});
