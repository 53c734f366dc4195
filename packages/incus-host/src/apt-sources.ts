import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One source of packages, whichever of the two formats it was written in (sources.list(5)). */
export interface AptSource {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Everything else, by its deb822 field name in lower case: signed-by, architectures, trusted, … */
  readonly options: Readonly<Record<string, string>>;
}

/** The one-line format's option names that deb822 calls otherwise. */
const fieldNames: Readonly<Record<string, string>> = {
  arch: "architectures",
  lang: "languages",
  target: "targets",
};

/** Parses the one-line format: `deb [signed-by=/key arch=amd64] URI SUITE COMPONENT…`. */
export function parseOneLineSources(text: string): readonly AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(
      line.replace(/^(\s*)#.*/, "$1"),
    );
    if (match === null) return [];
    const [, type = "", options = "", uri = "", suite = "", components = ""] = match;
    return [
      {
        types: [type],
        uris: [uri],
        suites: [suite],
        components: words(components),
        options: Object.fromEntries(words(options).map(parseOption)),
      },
    ];
  });
}

function parseOption(option: string): readonly [string, string] {
  const [name = "", ...value] = option.split("=");
  // a list is separated by commas on one line and by spaces in deb822
  const lower = name.toLowerCase().replace(/[+-]$/, "");
  return [fieldNames[lower] ?? lower, value.join("=").replaceAll(",", " ")];
}

/** Parses the deb822 format: stanzas of `Field: value`, continued on lines that start with a space. Disabled ones are left out. */
export function parseDeb822Sources(text: string): readonly AptSource[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const stanzas = lines.join("\n").split(/\n[ \t]*\n/);
  return stanzas.flatMap((stanza) => {
    const fields: Record<string, string> = {};
    let last = "";
    for (const line of stanza.split("\n")) {
      const match = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line);
      if (match !== null) fields[(last = (match[1] ?? "").toLowerCase())] = match[2] ?? "";
      else if (/^[ \t]/.test(line) && last !== "") fields[last] += `\n${line}`;
    }
    const { types = "", uris = "", suites = "", components = "", enabled = "yes", ...options } = fields;
    if (uris === "" || /^(no|false|0|off|without|disable)$/i.test(enabled.trim())) return [];
    return [
      {
        types: words(types),
        uris: words(uris),
        suites: words(suites),
        components: words(components),
        options,
      },
    ];
  });
}

/** Writes a source in the deb822 format, one stanza. */
export function formatDeb822Source({ types, uris, suites, components, options }: AptSource): string {
  const fields: readonly (readonly [string, string])[] = [
    ["Types", types.join(" ")],
    ["URIs", uris.join(" ")],
    ["Suites", suites.join(" ")],
    ["Components", components.join(" ")],
    ...Object.entries(options).map(
      ([name, value]) => [name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()), value] as const,
    ),
  ];
  return fields.map(([name, value]) => `${name}: ${value}\n`).join("");
}

/** This machine's enabled sources of binary packages. */
export async function readAptSources(root: string = "/etc/apt"): Promise<readonly AptSource[]> {
  const folder = join(root, "sources.list.d");
  const names = (await readdir(folder).catch((): string[] => [])).toSorted((a, b) => (a < b ? -1 : 1));
  const paths = [join(root, "sources.list"), ...names.map((name) => join(folder, name))];
  const sources = await Promise.all(
    paths.map(async (path) => {
      if (path.endsWith(".sources")) return parseDeb822Sources(await readFile(path, "utf8"));
      return path.endsWith(".list") ? parseOneLineSources(await readFile(path, "utf8").catch(() => "")) : [];
    }),
  );
  return sources.flat().filter((source) => source.types.includes("deb"));
}

/** The source that has the main part of a suite, narrowed to it: the same mirror, key and options. */
export function findSuite(sources: readonly AptSource[], suite: string): AptSource | undefined {
  const found = sources.find((source) => source.suites.includes(suite) && source.components.includes("main"));
  return found === undefined
    ? undefined
    : { ...found, types: ["deb"], suites: [suite], components: ["main"] };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
