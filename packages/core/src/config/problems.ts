import { ConfigInvalidError } from "../errors.ts";
import { nearestKey } from "./nearest.ts";
import { Secret } from "./secret.ts";
import { formatOrigin, type ConfigOrigin } from "./origin.ts";

/** Where a value stands: its key and where it was given. */
export interface ConfigPlace {
  readonly key: string;
  readonly origin: ConfigOrigin;
}

/** A value that does not fit its key. `found` is shown unless it is a `Secret`. */
export function badValue(place: ConfigPlace, found: unknown, expected: string): ConfigInvalidError {
  const shown = describeFound(found);
  return new ConfigInvalidError(`${describePlace(place)} is ${shown}; expected ${expected}`, {
    context: { ...placeContext(place), found: shown, expected },
    next: `correct it${place.origin.kind === "file" ? " or remove the line" : ""}; docs/configuration.md explains every key`,
  });
}

/** A key that does not exist; its value is not shown, for it may be a secret under a mistyped name. */
export function unknownKey(place: ConfigPlace, candidates: Iterable<string>): ConfigInvalidError {
  const near = nearestKey(place.key, candidates);
  const hint = near === undefined ? "" : `; the nearest known key is ${JSON.stringify(near)}`;
  return new ConfigInvalidError(`${describePlace(place)} is not a known key${hint}`, {
    context: { ...placeContext(place), expected: "a known key", nearest: near },
    next: "rename or remove it; docs/configuration.md lists every key",
  });
}

/** A value that fits its key but not the rest of the configuration. `problem` completes the place: "… needs mcp.tls_key beside it". */
export function contradiction(place: ConfigPlace, problem: string, next: string): ConfigInvalidError {
  return new ConfigInvalidError(`${describePlace(place)} ${problem}`, { context: placeContext(place), next });
}

function describePlace({ key, origin }: ConfigPlace): string {
  switch (origin.kind) {
    case "file":
      return `${JSON.stringify(key)} in ${JSON.stringify(origin.path)}`;
    case "environment":
      return `${origin.variable} (${JSON.stringify(key)}) in the environment`;
    case "flag":
      return `the flag ${origin.flag} (${JSON.stringify(key)})`;
    case "default":
      return `the default of ${JSON.stringify(key)}`;
  }
}

function placeContext({ key, origin }: ConfigPlace): Record<string, string> {
  return { key, origin: formatOrigin(origin), ...(origin.kind === "file" ? { file: origin.path } : {}) };
}

/** A value as an error shows it: in full where it is short and no secret, else what kind it is. */
function describeFound(value: unknown): string {
  if (value instanceof Secret) {
    const kind = describeKind(value.reveal());
    return kind === "a text" ? "a text that is not shown" : kind;
  }
  if (typeof value === "string" || isTextList(value)) {
    const text = JSON.stringify(value);
    return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : describeKind(value);
}

function describeKind(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date or time";
  if (value === null || typeof value === "object") return "a table";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
