import { badValue, contradiction, unknownKey, type ConfigPlace } from "./problems.ts";
import { Secret } from "./secret.ts";
import { isTable } from "./value-kind.ts";

/** Variables for sandboxes, from `[env]`. */
export interface ConfiguredEnvironment {
  /** Written to /etc/environment. */
  readonly written: Readonly<Record<string, Secret>>;
  /** Only handed to consoles and commands. */
  readonly session: Readonly<Record<string, Secret>>;
}

/** One variable of `[env]`. */
export interface ConfiguredVariable {
  readonly delivery: keyof ConfiguredEnvironment;
  readonly value: Secret;
}

const FORM = 'a text, { value = "…" }, { value = "…", session_only = true } or { forward = true }';
const variableKeys = ["value", "forward", "session_only"];

/** Whether a text is the name of an environment variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * Reads one entry of `[env]`. `$NAME` and `${NAME}` become the host's value, or nothing (with a warning) where the host has none; `$$`
 * is one dollar. Answers undefined for a forwarded variable that the host does not have. Throws CONFIG_INVALID, never with a value in it.
 */
export function readVariable(
  place: ConfigPlace,
  name: string,
  raw: unknown,
  host: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly warn: (message: string) => void;
  },
): ConfiguredVariable | undefined {
  checkName(place, name);
  const entry: unknown = typeof raw === "string" ? { value: raw } : raw;
  if (!isTable(entry)) throw badValue(place, new Secret(entry), FORM);
  for (const key of Object.keys(entry))
    if (!variableKeys.includes(key))
      throw unknownKey(
        { ...place, key: `${place.key}.${key}` },
        variableKeys.map((known) => `${place.key}.${known}`),
      );
  const forward = readSwitch(place, "forward", entry["forward"]);
  const sessionOnly = readSwitch(place, "session_only", entry["session_only"]);
  const { value } = entry;
  if (forward) {
    if (value !== undefined)
      throw contradiction(
        place,
        "has both a value and forward = true",
        "keep the value, or forward the host's, but not both",
      );
    const forwarded = host.env[name];
    return forwarded === undefined ? undefined : { delivery: "session", value: new Secret(forwarded) };
  }
  if (typeof value !== "string")
    throw badValue(
      value === undefined ? place : { ...place, key: `${place.key}.value` },
      new Secret(value ?? entry),
      FORM,
    );
  const expanded = expand(value, (variable) => {
    const found = host.env[variable];
    if (found === undefined)
      host.warn(`"${place.key}" uses $${variable}, which is not set: it counts as empty`);
    return found ?? "";
  });
  return toVariable(place, expanded, sessionOnly ? "session" : "written");
}

/** A variable from PIXELS_ENV_<NAME>: written, and taken as it is, since a shell has already expanded it. */
export function readVariableText(place: ConfigPlace, text: string): ConfiguredVariable {
  return toVariable(place, text, "written");
}

function toVariable(
  place: ConfigPlace,
  text: string,
  delivery: keyof ConfiguredEnvironment,
): ConfiguredVariable {
  const unfit = delivery === "written" ? /[\0\r\n]/ : /\0/;
  if (unfit.test(text))
    throw contradiction(
      place,
      `has a value with a ${text.includes("\0") ? "NUL character" : "line break"} in it, which ${
        delivery === "written" ? "/etc/environment" : "an environment"
      } cannot hold`,
      delivery === "written" ? "use one line, or session_only = true" : "remove it",
    );
  return { delivery, value: new Secret(text) };
}

function checkName(place: ConfigPlace, name: string): void {
  if (!isVariableName(name))
    throw contradiction(
      place,
      "is not the name of an environment variable",
      "use letters, digits and underscores, not starting with a digit",
    );
}

function readSwitch(place: ConfigPlace, name: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== "boolean")
    throw badValue({ ...place, key: `${place.key}.${name}` }, new Secret(value), "true or false");
  return value;
}

function expand(text: string, lookUp: (variable: string) => string): string {
  return text.replaceAll(
    /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_, braced: string | undefined, bare: string | undefined) => {
      const variable = braced ?? bare;
      return variable === undefined ? "$" : lookUp(variable);
    },
  );
}
