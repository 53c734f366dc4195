import { toPropertyName, type PixelsConfig } from "./config.ts";
import type { ConfiguredEnvironment } from "./environment-section.ts";
import { configKeys } from "./keys.ts";
import type { ConfigMaps, Originated } from "./read-maps.ts";
import type { ConfigSetting } from "./resolve-key.ts";
import type { Secret } from "./secret.ts";

/** Nests resolved keys and maps as `PixelsConfig` has them. */
export function assembleConfig(keys: ReadonlyMap<string, ConfigSetting>, maps: ConfigMaps): PixelsConfig {
  const sections: Record<string, Record<string, unknown>> = {};
  const whole: Record<string, unknown> = sections;
  for (const { path, kind } of configKeys) {
    const [section = "", name] = path.split(".");
    const value = keys.get(path)?.value;
    if (name === undefined) whole[section] = value;
    else (sections[section] ??= {})[toPropertyName(name, kind)] = value;
  }
  (sections["mcp"] ??= {})["bases"] = toRecord(maps.bases);
  whole["env"] = {
    written: pick(maps.env, "written"),
    session: pick(maps.env, "session"),
  } satisfies ConfiguredEnvironment;
  whole["backends"] = toRecord(maps.backends);
  // The type is derived from the same table as the loop above.
  return whole as unknown as PixelsConfig;
}

function toRecord<T>(map: ReadonlyMap<string, Originated<T>>): Record<string, T> {
  return Object.fromEntries([...map].map(([name, { value }]) => [name, value]));
}

function pick(env: ConfigMaps["env"], delivery: keyof ConfiguredEnvironment): Record<string, Secret> {
  return Object.fromEntries(
    [...env].flatMap(([name, { value }]) => (value.delivery === delivery ? [[name, value.value]] : [])),
  );
}
