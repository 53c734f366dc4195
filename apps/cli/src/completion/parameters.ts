import { Command, type CommandClass } from "clipanion";
import { type Completes, findCompletes } from "./completes.ts";

/** An option as its command's class registers it. */
export interface OptionParameter {
  readonly property: string;
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly completes: Completes;
}

export interface PositionalParameter {
  readonly property: string;
  readonly repeats: boolean;
  /** Undefined where its class says nothing. */
  readonly completes: Completes | undefined;
}

/** All that a command takes. */
export interface Parameters {
  readonly options: readonly OptionParameter[];
  readonly positionals: readonly PositionalParameter[];
}

interface OptionDefinition {
  readonly names: readonly string[];
  readonly arity?: number;
  readonly description?: string;
  readonly hidden?: boolean;
}

/** What clipanion's options call to make themselves known; its own builder forgets which property each came from. */
interface Recorder {
  addOption(definition: OptionDefinition): void;
  addPositional(definition: { readonly name: string }): void;
  addRest(definition: { readonly name: string }): void;
  addProxy(definition: { readonly name: string }): void;
}

interface Registered {
  definition(recorder: Recorder, property: string): void;
}

/** Asks the command's class. A positional that help calls "name" is a sandbox's, unless the class says otherwise. */
export function readParameters(commandClass: CommandClass): Parameters {
  const options: OptionParameter[] = [];
  const positionals: PositionalParameter[] = [];
  for (const [property, value] of Object.entries(new commandClass())) {
    if (!isRegistered(value)) continue;
    const declared = findCompletes(commandClass, property);
    const add = (name: string, repeats: boolean): void => {
      const completes = declared ?? (name === "name" ? "sandbox" : undefined);
      positionals.push({ property, repeats, completes });
    };
    value.definition(
      {
        addOption({ names, arity = 0, description = "", hidden = false }) {
          const completes = declared ?? "nothing";
          if (!hidden) options.push({ property, names, description, takesValue: arity > 0, completes });
        },
        addPositional: ({ name }) => add(name, false),
        addRest: ({ name }) => add(name, true),
        addProxy: ({ name }) => add(name, true),
      },
      property,
    );
  }
  return { options, positionals };
}

function isRegistered(value: unknown): value is Registered {
  return typeof value === "object" && value !== null && Command.isOption in value;
}
