import { dirname } from "node:path";
import type { CallOptions } from "../options.ts";
import { assembleConfig } from "./assemble-config.ts";
import { checkTogether } from "./checks.ts";
import {
  locateConfigFile,
  readConfigFile,
  type LocateConfigOptions,
  type ReadConfigFile,
} from "./config-file.ts";
import type { PixelsConfig } from "./config.ts";
import { warnUnknownVariables } from "./environment.ts";
import { sortFile } from "./file-layer.ts";
import { configKeys } from "./keys.ts";
import type { ConfigOrigin } from "./origin.ts";
import { readMaps, type Originated } from "./read-maps.ts";
import {
  checkFlags,
  resolveKey,
  type ConfigFlags,
  type ConfigSetting,
  type ConfigSources,
} from "./resolve-key.ts";

export interface LoadConfigOptions extends CallOptions, LocateConfigOptions {
  readonly flags?: ConfigFlags;
  /** Default: `node:fs`. */
  readonly readFile?: ReadConfigFile;
}

/** The configuration and how it came about. */
export interface LoadedConfig {
  readonly config: PixelsConfig;
  /** Every key of the table in its order, then `mcp.bases.<name>`, `env.<NAME>` and `backends.<name>`; secrets print redacted. */
  readonly settings: ReadonlyMap<string, ConfigSetting>;
  readonly file: { readonly path: string; readonly found: boolean };
  /** For people: PIXELS_* variables that mean nothing, and variables that `[env]` uses but the host does not have. */
  readonly warnings: readonly string[];
}

/**
 * Resolves the configuration: defaults, then the file, then the environment, then flags. The options have all of it; the process's own
 * environment is not looked at. Rejects with CONFIG_INVALID, which names where, which key, what was found and what is expected.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const { env, homeDirectory, flags = {}, signal } = options;
  signal?.throwIfAborted();
  checkFlags(flags);
  const location = locateConfigFile(options);
  const table = await readConfigFile(location, { signal, readFile: options.readFile });
  const fileOrigin: ConfigOrigin = { kind: "file", path: location.path };
  const file = sortFile(table ?? {}, fileOrigin);
  const directory = dirname(location.path);
  const sources: ConfigSources = { file: file.keys, fileOrigin, env, flags, homeDirectory, directory };

  const warnings = [...warnUnknownVariables(env)];
  const keys = new Map(configKeys.map((key) => [key.path as string, resolveKey(key, sources)]));
  const maps = readMaps(file, sources, (message) => void warnings.push(message));
  const config = assembleConfig(keys, maps);
  checkTogether(config, (key) => keys.get(key)?.origin ?? fileOrigin);
  return {
    config,
    settings: new Map<string, ConfigSetting>([
      ...keys,
      ...prefixed("mcp.bases", maps.bases),
      ...prefixed("env", maps.env),
      ...prefixed("backends", maps.backends),
    ]),
    file: { path: location.path, found: table !== undefined },
    warnings,
  };
}

function prefixed<T>(prefix: string, map: ReadonlyMap<string, Originated<T>>): [string, Originated<T>][] {
  return [...map].map(([name, entry]) => [`${prefix}.${name}`, entry]);
}
