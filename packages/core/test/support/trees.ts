import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** The same tree after a download: its files have no setuid or setgid bits. */
export function withoutSetId(tree: readonly string[]): readonly string[] {
  return tree.map((line) => line.replace(/ file [2-7](\d{3}) /, " file $1 ")).toSorted();
}

/** What a tree is, a line each: path, kind and mode, and content or target; two trees are equal where their lines are. */
export async function describeTree(root: string): Promise<readonly string[]> {
  return (await describeEntry(root, "")).toSorted();
}

// walked by hand: Node 26's recursive readdir follows symlinks, file types or not
async function describeEntry(root: string, name: string): Promise<readonly string[]> {
  const path = join(root, name);
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return [`${JSON.stringify(name)} -> ${await readlink(path)}`];
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isDirectory()) {
    const entries = await readdir(path);
    const below = await Promise.all(entries.map((entry) => describeEntry(root, join(name, entry))));
    return [`${JSON.stringify(name)} directory ${mode}`, ...below.flat()];
  }
  const hash = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  return [`${JSON.stringify(name)} file ${mode} ${hash}`];
}
