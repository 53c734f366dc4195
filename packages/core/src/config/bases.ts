import { fromInstanceName, INSTANCE_PREFIX } from "../names.ts";
import { expandPath } from "./kinds.ts";
import { nearest } from "./nearest.ts";
import type { ConfigOrigin } from "./origin.ts";
import { badValue, contradiction, unknownKey, type ConfigPlace } from "./problems.ts";
import { isLine, isTable, type ValueContext } from "./value-kind.ts";

interface BaseDetails {
  /** An absolute path, or `mcp:bases/<file>` for a script that pixels ships. */
  readonly setupScript?: string | undefined;
  readonly description?: string | undefined;
}

/** A base that the file declares: made from an image or from another base. */
export type ConfiguredBase = BaseDetails &
  (
    | { readonly parentImage: string; readonly from?: undefined }
    | { readonly from: string; readonly parentImage?: undefined }
  );

/** The bases that pixels ships, each with the base it is made from; undefined: an image. */
export const shippedBases: Readonly<Record<string, string | undefined>> = {
  dev: undefined,
  python: "dev",
  node: "dev",
};

const baseKeys = ["parent_image", "from", "setup_script", "description"];

/** Reads `[mcp.bases.<name>]`. Throws CONFIG_INVALID. */
export function readBase(
  place: ConfigPlace,
  name: string,
  raw: unknown,
  context: ValueContext,
): ConfiguredBase {
  if (fromInstanceName(`${INSTANCE_PREFIX}${name}`) === undefined)
    throw contradiction(
      place,
      "is not the name of a base",
      "use lower-case letters, digits and single hyphens, starting with a letter",
    );
  if (!isTable(raw)) throw badValue(place, raw, `a table [mcp.bases.${name}]`);
  for (const key of Object.keys(raw))
    if (!baseKeys.includes(key))
      throw unknownKey(
        { ...place, key: `${place.key}.${key}` },
        baseKeys.map((known) => `${place.key}.${known}`),
      );
  const text = (key: string): string | undefined =>
    readLine({ ...place, key: `${place.key}.${key}` }, raw[key]);
  const details = {
    setupScript: readScript({ ...place, key: `${place.key}.setup_script` }, text("setup_script"), context),
    description: text("description"),
  };
  const parentImage = text("parent_image");
  const from = text("from");
  if (parentImage !== undefined && from === undefined) return { ...details, parentImage };
  if (from !== undefined && parentImage === undefined) return { ...details, from };
  throw contradiction(
    place,
    `has ${from === undefined ? "neither parent_image nor" : "both parent_image and"} from; expected exactly one of them`,
    "name either the image or the base that it is made from",
  );
}

/** Checks that every base is made from one that there is, and none from itself. Throws CONFIG_INVALID. */
export function checkBaseGraph(bases: Readonly<Record<string, ConfiguredBase>>, origin: ConfigOrigin): void {
  const parents = new Map(Object.entries(shippedBases));
  for (const [name, base] of Object.entries(bases)) parents.set(name, base.from);
  for (const [name, parent] of parents) {
    if (parent === undefined || parents.has(parent)) continue;
    throw contradiction(
      { key: `mcp.bases.${name}.from`, origin },
      describeUnknownBase(parent, parents.keys()),
      "declare that base or name another one",
    );
  }
  for (const name of parents.keys()) {
    const way = [name];
    for (let next = parents.get(name); next !== undefined; next = parents.get(next)) {
      const start = way.indexOf(next);
      way.push(next);
      if (start === -1) continue;
      const cycle = way.slice(start);
      const declared = cycle.find((base) => Object.hasOwn(bases, base)) ?? next;
      throw contradiction(
        { key: `mcp.bases.${declared}.from`, origin },
        `makes a cycle: ${cycle.join(" from ")}`,
        "let one of them be made from an image",
      );
    }
  }
}

/** Says that a base is not known, and which one may be meant; completes a place. */
export function describeUnknownBase(name: string, known: Iterable<string>): string {
  return `names the base ${JSON.stringify(name)}, which is not known; the nearest is ${JSON.stringify(nearest(name, known))}`;
}

function readLine(place: ConfigPlace, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!isLine(value)) throw badValue(place, value, "a line of text that is not empty");
  return value;
}

function readScript(
  place: ConfigPlace,
  script: string | undefined,
  context: ValueContext,
): string | undefined {
  if (script === undefined) return undefined;
  if (!script.startsWith("mcp:")) return expandPath(script, context);
  if (!/^mcp:bases\/[A-Za-z0-9][A-Za-z0-9._-]*$/.test(script))
    throw badValue(place, script, "a path, or mcp:bases/<file> for a script that pixels ships");
  return script;
}
