import { readFile } from "node:fs/promises";

/** Ids that an account may give to what it starts (subuid(5)). */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}

/** Where root's ranges of user or group ids are written down, and how far the ids of this machine go. */
export interface IdRanges {
  readonly path: "/etc/subuid" | "/etc/subgid";
  readonly root: readonly IdRange[];
  /** One past the last id that there is: a machine that is a container itself has fewer than the kernel. */
  readonly end: number;
}

/** Each sandbox has 65,536 ids of its own. */
const IDS_OF_A_SANDBOX = 65_536;
const FEWEST_SANDBOXES = 16;
/** Where Debian's package begins, and how many it takes. */
const START = 1_000_000;
const COUNT = 1_000_000_000;

export async function readIdRanges(kind: "uid" | "gid"): Promise<IdRanges> {
  const path = `/etc/sub${kind}` as const;
  const [ranges, map] = await Promise.all([
    readFile(path, "utf8").catch(() => ""),
    readFile(`/proc/self/${kind}_map`, "utf8"),
  ]);
  return { path, root: parseRanges(ranges), end: parseEnd(map) };
}

/** Root's ranges, by name or by number. */
export function parseRanges(text: string): readonly IdRange[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(?:root|0):(\d+):(\d+)$/.exec(line.trim());
    return match === null ? [] : [{ start: Number(match[1]), count: Number(match[2]) }];
  });
}

/** user_namespaces(7): lines of first id in here, first id outside, count. */
export function parseEnd(map: string): number {
  const ends = map
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([start = 0, , count = 0]) => start + count);
  return Math.max(...ends);
}

/** Whether sandboxes can be given ids of their own, and none that this machine does not have. */
export function areSufficient({ root, end }: IdRanges): boolean {
  return (
    root.some(({ count }) => count >= IDS_OF_A_SANDBOX * FEWEST_SANDBOXES) &&
    root.every(({ start, count }) => start + count <= end)
  );
}

/** A range for root, or undefined where this machine has too few ids. */
export function chooseRange({ end }: IdRanges): IdRange | undefined {
  const count = Math.min(COUNT, end - START);
  return count < IDS_OF_A_SANDBOX * FEWEST_SANDBOXES ? undefined : { start: START, count };
}
