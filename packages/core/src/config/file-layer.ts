import { configKeys } from "./keys.ts";
import type { ConfigOrigin } from "./origin.ts";
import { badValue, unknownKey } from "./problems.ts";
import { Secret } from "./secret.ts";
import { isTable } from "./value-kind.ts";

/** What a file says, sorted but not yet read: the keys of the table, and the maps by name. */
export interface FileLayer {
  readonly keys: ReadonlyMap<string, unknown>;
  readonly bases: ReadonlyMap<string, unknown>;
  readonly env: ReadonlyMap<string, unknown>;
  readonly backends: ReadonlyMap<string, unknown>;
}

/** Sorts a file's table. Throws CONFIG_INVALID for a key that does not exist and a section that is no table. */
export function sortFile(table: Readonly<Record<string, unknown>>, origin: ConfigOrigin): FileLayer {
  const known = new Set<string>(configKeys.map(({ path }) => path));
  const sections = new Set([...known].flatMap((path) => (path.includes(".") ? path.split(".", 1) : [])));
  const candidates = [...known, "mcp.bases", "env", "backends", ...sections];
  const entriesOf = (key: string, value: unknown): [string, unknown][] => {
    // Hidden, for what stands here by mistake may be a secret.
    if (!isTable(value)) throw badValue({ key, origin }, new Secret(value), `a table [${key}]`);
    return Object.entries(value);
  };
  const keys = new Map<string, unknown>();
  let bases: FileLayer["bases"] = new Map();
  let env: FileLayer["env"] = new Map();
  let backends: FileLayer["backends"] = new Map();
  for (const [name, value] of Object.entries(table)) {
    if (name === "env") env = new Map(entriesOf(name, value));
    else if (name === "backends") backends = new Map(entriesOf(name, value));
    else if (sections.has(name)) {
      for (const [inner, innerValue] of entriesOf(name, value)) {
        const path = `${name}.${inner}`;
        if (path === "mcp.bases") bases = new Map(entriesOf(path, innerValue));
        else if (known.has(path)) keys.set(path, innerValue);
        else throw unknownKey({ key: path, origin }, candidates);
      }
    } else if (known.has(name) && !name.includes(".")) keys.set(name, value);
    else throw unknownKey({ key: name, origin }, candidates);
  }
  return { keys, bases, env, backends };
}
