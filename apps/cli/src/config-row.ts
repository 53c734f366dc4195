import { configKeys, type ConfigKey, type ConfigOrigin, type ConfigSetting } from "@pixels/core/config";

/** A setting as `config show` tells it. */
export interface ConfigRow {
  readonly key: string;
  /** As the file would have it, secrets redacted; null: unset. */
  readonly value: unknown;
  readonly origin: ConfigOrigin;
}

const kinds = new Map<string, ConfigKey["kind"]>(configKeys.map(({ path, kind }) => [path, kind]));
const sizeUnits = [
  ["TiB", 1024 ** 4],
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["B", 1],
] as const;
const durationUnits = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/** A resolved setting in the words of the file, without what is secret. */
export function toConfigRow(key: string, { value, origin }: ConfigSetting): ConfigRow {
  // through JSON, so that nothing but the redacted form of a secret is left
  const shown: unknown = value === undefined ? null : JSON.parse(JSON.stringify(toWritten(key, value)));
  return { key, value: shown, origin };
}

function toWritten(key: string, value: unknown): unknown {
  const kind = kinds.get(key);
  if (kind === "size" && typeof value === "number") return inWholeUnits(value, sizeUnits);
  if (kind === "duration" && typeof value === "number") return inWholeUnits(value, durationUnits);
  if (kind === "cpu" && typeof value === "object" && value !== null && "set" in value) return value.set;
  if (key.startsWith("mcp.bases.") && typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [toSnakeCase(name), part as unknown]),
    );
  return value;
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The amount in the largest unit that says it exactly. */
function inWholeUnits(amount: number, units: readonly (readonly [string, number])[]): string {
  const [name, size] = units.find(([, unit]) => amount % unit === 0) ?? ["", 1];
  return `${amount / size}${name}`;
}
