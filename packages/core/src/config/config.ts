import type { ConfiguredBase } from "./bases.ts";
import type { ConfiguredEnvironment } from "./environment-section.ts";
import type { configKeys } from "./keys.ts";
import type { valueKinds, ValueKindName } from "./kinds.ts";
import type { Secret } from "./secret.ts";
import type { ValueKind } from "./value-kind.ts";

type Key = (typeof configKeys)[number];

/** Every key that a file, a variable or a flag can set, such as "incus.socket". */
export type ConfigKeyPath = Key["path"];

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
/** Values with a unit say it in their name: `memoryBytes`, `idleStopAfterMs`. */
type Unit<K extends ValueKindName> = K extends "size" ? "Bytes" : K extends "duration" ? "Ms" : "";
type ValueOf<K extends ValueKindName> = (typeof valueKinds)[K] extends ValueKind<infer T> ? T : never;
type Resolved<K extends Key> = ValueOf<K["kind"]> | (K extends { default: unknown } ? never : undefined);

type InSection<K extends Key, Section extends string> = K extends { path: `${Section}.${string}` }
  ? K
  : never;
type Property<K extends Key> = K extends { path: `${string}.${infer Name}` }
  ? `${CamelCase<Name>}${Unit<K["kind"]>}`
  : never;

/** The keys of one section in camelCase; those without a default are undefined while nobody sets them. */
export type ConfigSection<Section extends string> = {
  readonly [K in InSection<Key, Section> as Property<K>]: Resolved<K>;
};

/**
 * The whole configuration, resolved and checked: the keys of docs/configuration.md in camelCase, sizes in bytes, durations in
 * milliseconds, paths expanded.
 */
export interface PixelsConfig {
  readonly backend: string;
  readonly incus: ConfigSection<"incus">;
  readonly truenas: ConfigSection<"truenas">;
  readonly defaults: ConfigSection<"defaults">;
  readonly ssh: ConfigSection<"ssh">;
  readonly checkpoint: ConfigSection<"checkpoint">;
  readonly provision: ConfigSection<"provision">;
  readonly network: ConfigSection<"network">;
  readonly mcp: ConfigSection<"mcp"> & {
    /** Bases that the file declares, by name; the shipped ones are not among them. */
    readonly bases: Readonly<Record<string, ConfiguredBase>>;
  };
  readonly env: ConfiguredEnvironment;
  /** Options for backends by the backend's name, in camelCase and otherwise as the file has them; whole, for any may be a secret. */
  readonly backends: Readonly<Record<string, Secret<Readonly<Record<string, unknown>>>>>;
}

/** The name of a key's property in its section of `PixelsConfig`. */
export function toPropertyName(name: string, kind?: ValueKindName): string {
  const unit = kind === "size" ? "Bytes" : kind === "duration" ? "Ms" : "";
  return name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()) + unit;
}
