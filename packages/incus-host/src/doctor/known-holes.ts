/** Security holes of Incus by the first version without them. A distribution may have mended an older one under its old number. */
export const knownHoles: readonly { readonly id: string; readonly fixedIn: string }[] = [
  { id: "CVE-2026-23954", fixedIn: "6.22" },
  { id: "CVE-2026-33542", fixedIn: "6.23" },
  { id: "CVE-2026-40251", fixedIn: "7.0" },
  { id: "CVE-2026-40243", fixedIn: "7.0" },
];

/** Those that a server of this version, such as "6.0.4", has. */
export function holesOf(version: string): readonly string[] {
  return knownHoles.filter(({ fixedIn }) => isBefore(version, fixedIn)).map(({ id }) => id);
}

function isBefore(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
