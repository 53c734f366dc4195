import { ConfigInvalidError } from "../errors.ts";
import { isVariableName } from "./environment-section.ts";
import { configKeys, environmentNames, type ConfigKey } from "./keys.ts";
import { nearest } from "./nearest.ts";

/** A variable that is set, and what it says. An empty one counts as not set. */
export interface SetVariable {
  readonly variable: string;
  readonly text: string;
}

type HostEnvironment = Readonly<Record<string, string | undefined>>;

const SECTION_PREFIX = "PIXELS_ENV_";

/** What the environment says about a key. Throws CONFIG_INVALID where two of its names say different things. */
export function findVariable(key: ConfigKey, env: HostEnvironment): SetVariable | undefined {
  const set: SetVariable[] = [];
  for (const variable of environmentNames(key)) {
    const text = env[variable];
    if (text) set.push({ variable, text });
  }
  const [first] = set;
  const other = set.find(({ text }) => text !== first?.text);
  if (first !== undefined && other !== undefined)
    throw new ConfigInvalidError(
      `${first.variable} and ${other.variable} both set ${JSON.stringify(key.path)}, and not to the same; expected one of them`,
      {
        context: { key: key.path, origin: first.variable, expected: "one variable a key" },
        next: `unset ${other.variable}`,
      },
    );
  return first;
}

/** The entries of `[env]` that PIXELS_ENV_<NAME> sets. */
export function findSectionVariables(
  env: HostEnvironment,
): readonly (SetVariable & { readonly name: string })[] {
  return Object.entries(env).flatMap(([variable, text]) =>
    text && isSectionVariable(variable)
      ? [{ variable, text, name: variable.slice(SECTION_PREFIX.length) }]
      : [],
  );
}

/** One warning for each PIXELS_* variable that means nothing, with the nearest one that does. */
export function warnUnknownVariables(env: HostEnvironment): readonly string[] {
  const known = new Set(["PIXELS_CONFIG", ...configKeys.flatMap((key) => environmentNames(key))]);
  return Object.keys(env)
    .filter((name) => name.startsWith("PIXELS_") && env[name] !== undefined)
    .filter((name) => !known.has(name) && !isSectionVariable(name))
    .map((name) => `${name} is not a variable that pixels knows; the nearest is ${nearest(name, known)}`);
}

function isSectionVariable(variable: string): boolean {
  return variable.startsWith(SECTION_PREFIX) && isVariableName(variable.slice(SECTION_PREFIX.length));
}
