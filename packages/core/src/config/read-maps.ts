import { readBackendOptions } from "./backends.ts";
import { readBase, type ConfiguredBase } from "./bases.ts";
import { readVariable, readVariableText, type ConfiguredVariable } from "./environment-section.ts";
import { findSectionVariables } from "./environment.ts";
import type { FileLayer } from "./file-layer.ts";
import type { ConfigOrigin } from "./origin.ts";
import type { ConfigSources } from "./resolve-key.ts";
import type { Secret } from "./secret.ts";

/** A value of a known type and where it comes from. */
export interface Originated<T> {
  readonly value: T;
  readonly origin: ConfigOrigin;
}

/** The entries of the maps by name. */
export interface ConfigMaps {
  readonly bases: ReadonlyMap<string, Originated<ConfiguredBase>>;
  readonly env: ReadonlyMap<string, Originated<ConfiguredVariable>>;
  readonly backends: ReadonlyMap<string, Originated<Secret<Readonly<Record<string, unknown>>>>>;
}

/** Reads `[mcp.bases.<name>]`, `[env]` with PIXELS_ENV_<NAME>, and `[backends.<name>]`. Throws CONFIG_INVALID. */
export function readMaps(
  file: FileLayer,
  sources: ConfigSources,
  warn: (message: string) => void,
): ConfigMaps {
  const origin = sources.fileOrigin;
  const bases = new Map<string, Originated<ConfiguredBase>>();
  for (const [name, raw] of file.bases)
    bases.set(name, { value: readBase({ key: `mcp.bases.${name}`, origin }, name, raw, sources), origin });

  const env = new Map<string, Originated<ConfiguredVariable>>();
  for (const [name, raw] of file.env) {
    const value = readVariable({ key: `env.${name}`, origin }, name, raw, { env: sources.env, warn });
    if (value !== undefined) env.set(name, { value, origin });
  }
  for (const { name, variable, text } of findSectionVariables(sources.env)) {
    const place = { key: `env.${name}`, origin: { kind: "environment", variable } } as const;
    env.set(name, { value: readVariableText(place, text), origin: place.origin });
  }

  const backends = new Map<string, Originated<Secret<Readonly<Record<string, unknown>>>>>();
  for (const [name, raw] of file.backends)
    backends.set(name, { value: readBackendOptions({ key: `backends.${name}`, origin }, name, raw), origin });
  return { bases, env, backends };
}
