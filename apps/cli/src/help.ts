import { Cli, type Command, type Definition } from "clipanion";
import { VERSION } from "./version.ts";

/** Options that every command has; they are told last. */
const globalOptions = new Set(["--verbose", "--json", "--config", "--backend", "--version"]);

type Usage = Parameters<Cli["usage"]>;
type Shown = Definition["options"][number];

/** clipanion with help of our own: it shows the values of options as "#0" and has no place for global options. */
export class PixelsCli extends Cli {
  override usage(command: Usage[0] = null): string {
    const { colored, bold } = this.#style();
    if (command === null) return this.#describeAll();
    const commandClass = typeof command === "function" ? command : command.constructor;
    const definition = this.definition(commandClass, { colored });
    if (definition === null) return this.#describeAll();
    const { path, description = "", details = "", examples = [], options } = definition;
    const own = options.filter((option) => !isGlobal(option));
    const sections = [
      `${description.trim()}\n`,
      `${bold("Usage")}\n  ${wordsOf(commandClass, path)}${synopsisOf(commandClass)}\n`,
    ];
    const below = this.#describeBelow(commandClass);
    if (below.length > 0) sections.push(`${bold("Commands")}\n${toColumns(below)}`);
    if (own.length > 0) sections.push(`${bold("Options")}\n${toColumns(own.map(toRow))}`);
    sections.push(`${bold("Global options")}\n${toColumns(options.filter(isGlobal).map(toRow))}`);
    if (details.trim() !== "") sections.push(`${bold("Details")}\n${indent(details)}`);
    if (examples.length > 0)
      sections.push(
        `${bold("Examples")}\n${examples.map(([label, line]) => `  # ${label.trim()}\n  ${line}\n`).join("")}`,
      );
    return sections.join("\n");
  }

  #describeAll(): string {
    const { bold } = this.#style();
    const commands: [string, string][] = [];
    let global: Shown[] = [];
    for (const commandClass of this.registrations.keys()) {
      const definition = this.definition(commandClass, { colored: false });
      if (definition === null || pathOf(commandClass).length > 1) continue;
      const name = definition.path.split(" ")[1] ?? "";
      commands.push([`${name}${synopsisOf(commandClass)}`, definition.description?.trim() ?? ""]);
      global = definition.options.filter(isGlobal);
    }
    return [
      `pixels ${VERSION}: disposable Linux machines\n`,
      `${bold("Usage")}\n  pixels <command> [options]\n`,
      `${bold("Commands")}\n${toColumns(commands)}`,
      `${bold("Global options")}\n${toColumns(global.map(toRow))}`,
      `"pixels <command> --help" tells more about a command.\n`,
    ].join("\n");
  }

  /** The sub-commands of a word, without the word. */
  #describeBelow(commandClass: object): readonly (readonly [string, string])[] {
    const [word, ...rest] = pathOf(commandClass);
    if (word === undefined || rest.length > 0) return [];
    const rows: [string, string][] = [];
    for (const other of this.registrations.keys()) {
      const [first, second] = pathOf(other);
      if (first !== word || second === undefined) continue;
      rows.push([`${second}${synopsisOf(other)}`, other.usage?.description?.trim() ?? ""]);
    }
    return rows;
  }

  #style(): { readonly colored: boolean; readonly bold: (text: string) => string } {
    const colored = this.enableColors === true;
    return { colored, bold: (text) => this.format(colored).bold(text) };
  }
}

/**
 * clipanion answers --help with all the commands that a line may become. A word with sub-commands is registered before them and tells them
 * itself, so the first one is enough.
 */
export function chooseHelp(command: Command): void {
  if ("commands" in command && Array.isArray(command.commands)) command.commands.splice(1);
}

/** The words that call it, the first of its ways. */
function pathOf(commandClass: object): readonly string[] {
  const paths = "paths" in commandClass ? commandClass.paths : undefined;
  return Array.isArray(paths) && Array.isArray(paths[0]) ? (paths[0] as readonly string[]) : [];
}

/** A usage line begins with the program and these words. */
function wordsOf(commandClass: object, usage: string): string {
  return usage.split(" ", pathOf(commandClass).length + 1).join(" ");
}

function synopsisOf(commandClass: object): string {
  const synopsis = "synopsis" in commandClass ? String(commandClass.synopsis) : "";
  return synopsis === "" ? "" : ` ${synopsis}`;
}

function isGlobal({ nameSet }: Shown): boolean {
  return nameSet.some((name) => globalOptions.has(name));
}

/** A description that begins with `<word>` says how the option's value is called. */
export function splitDescription(description: string): {
  readonly value: string | undefined;
  readonly text: string;
} {
  const [, value, text = description.trim()] = /^(<\S+) ([^]*)$/.exec(description.trim()) ?? [];
  return { value, text };
}

function toRow({ definition, description = "" }: Shown): [string, string] {
  const { value, text } = splitDescription(description);
  const names = definition.replace(/ #\d+$/, "").replace(",", ", ");
  return [value === undefined ? names : `${names} ${value}`, text];
}

function toColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}

function indent(text: string): string {
  return text.replaceAll(/ +$/gm, "").replaceAll(/^(?=.)/gm, "  ");
}
