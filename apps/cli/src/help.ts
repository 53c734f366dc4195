import { Cli, type Definition } from "clipanion";
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
      `${bold("Usage")}\n  ${path.split(" ", 2).join(" ")}${synopsisOf(commandClass)}\n`,
    ];
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
      if (definition === null) continue;
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

  #style(): { readonly colored: boolean; readonly bold: (text: string) => string } {
    const colored = this.enableColors === true;
    return { colored, bold: (text) => this.format(colored).bold(text) };
  }
}

function synopsisOf(commandClass: object): string {
  const synopsis = "synopsis" in commandClass ? String(commandClass.synopsis) : "";
  return synopsis === "" ? "" : ` ${synopsis}`;
}

function isGlobal({ nameSet }: Shown): boolean {
  return nameSet.some((name) => globalOptions.has(name));
}

/** A description that begins with `<word>` says how the option's value is called. */
function toRow({ definition, description = "" }: Shown): [string, string] {
  const [, value, text = description.trim()] = /^(<\S+) ([^]*)$/.exec(description.trim()) ?? [];
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
