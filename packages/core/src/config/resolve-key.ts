import { InvalidArgumentError } from "../errors.ts";
import type { ConfigKeyPath } from "./config.ts";
import { findVariable } from "./environment.ts";
import { configKeys, type ConfigKey } from "./keys.ts";
import { valueKinds } from "./kinds.ts";
import { nearestKey } from "./nearest.ts";
import type { ConfigOrigin } from "./origin.ts";
import { badValue } from "./problems.ts";
import { Unfit, type ValueContext, type ValueKind } from "./value-kind.ts";

/** A resolved value and where it comes from. */
export interface ConfigSetting {
  readonly value: unknown;
  readonly origin: ConfigOrigin;
}

/** Values from the command line by key, as they were typed. */
export type ConfigFlags = { readonly [K in ConfigKeyPath]?: string | undefined };

/** Everything that may set a key. */
export interface ConfigSources {
  readonly file: ReadonlyMap<string, unknown>;
  readonly fileOrigin: ConfigOrigin;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** The folder that relative paths in the file count from. */
  readonly directory: string;
}

/** The value of a key: default, then file, environment and flag, the later one counting. Each is checked; throws CONFIG_INVALID. */
export function resolveKey(key: ConfigKey, sources: ConfigSources): ConfigSetting {
  const { homeDirectory, directory } = sources;
  let setting: ConfigSetting = { value: undefined, origin: { kind: "default" } };
  if (key.default !== undefined) setting = read(key, setting.origin, key.default, { homeDirectory });
  if (sources.file.has(key.path))
    setting = read(key, sources.fileOrigin, sources.file.get(key.path), { homeDirectory, directory });
  const found = findVariable(key, sources.env);
  if (found !== undefined)
    setting = readText(key, { kind: "environment", variable: found.variable }, found.text, { homeDirectory });
  const text = sources.flags[key.path];
  if (text !== undefined)
    setting = readText(key, { kind: "flag", flag: toFlag(key.path) }, text, { homeDirectory });
  return setting;
}

/** Throws INVALID_ARGUMENT for a flag of a key that does not exist. */
export function checkFlags(flags: ConfigFlags): void {
  const paths: readonly string[] = configKeys.map(({ path }) => path);
  const unknown = Object.keys(flags).find((path) => !paths.includes(path));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `${JSON.stringify(unknown)} is not a known key; the nearest known key is ${JSON.stringify(nearestKey(unknown, paths))}`,
      { next: "docs/configuration.md lists every key" },
    );
}

function readText(key: ConfigKey, origin: ConfigOrigin, text: string, context: ValueContext): ConfigSetting {
  const kind: ValueKind<unknown> = valueKinds[key.kind];
  return read(key, origin, kind.fromText === undefined ? text : kind.fromText(text), context);
}

function read(key: ConfigKey, origin: ConfigOrigin, raw: unknown, context: ValueContext): ConfigSetting {
  const kind: ValueKind<unknown> = valueKinds[key.kind];
  const value = kind.accept(raw, context);
  if (value instanceof Unfit)
    throw badValue({ key: `${key.path}${value.part ?? ""}`, origin }, value.found, kind.expected);
  return { value, origin };
}

function toFlag(path: string): string {
  return `--${path.slice(path.lastIndexOf(".") + 1).replaceAll("_", "-")}`;
}
