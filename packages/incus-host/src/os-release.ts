import { readFile } from "node:fs/promises";

/** What a distribution says of itself (os-release(5)). */
export interface OsRelease {
  /** Such as "debian" or "ubuntu". */
  readonly id: string;
  /** Such as "bookworm"; undefined for releases without one. */
  readonly codename: string | undefined;
  readonly prettyName: string;
}

/** Parses os-release(5): shell assignments, values perhaps in quotes. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(["']?)(.*)\2\s*$/.exec(line);
    if (match !== null) values.set(match[1] ?? "", match[3] ?? "");
  }
  const id = values.get("ID") ?? "linux";
  return { id, codename: values.get("VERSION_CODENAME"), prettyName: values.get("PRETTY_NAME") ?? id };
}

/** This machine's; a machine without the file is plain "linux". */
export async function readOsRelease(): Promise<OsRelease> {
  return parseOsRelease(await readFile("/etc/os-release", "utf8").catch(() => ""));
}
