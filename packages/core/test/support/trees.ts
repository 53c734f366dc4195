import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, relative } from "node:path";

/** The same tree after a download: its files have no setuid or setgid bits. */
export function withoutSetId(tree: readonly string[]): readonly string[] {
  return tree.map((line) => line.replace(/ file [2-7](\d{3}) /, " file $1 ")).toSorted();
}

/** What a tree is, a line each: path, kind and mode, and content or target; two trees are equal where their lines are. */
export async function describeTree(root: string): Promise<readonly string[]> {
  // with file types, as it follows symlinks without
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const names = entries.map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const lines = await Promise.all(
    ["", ...names].map(async (name) => {
      const path = join(root, name);
      const stats = await lstat(path);
      if (stats.isSymbolicLink()) return `${JSON.stringify(name)} -> ${await readlink(path)}`;
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isDirectory()) return `${JSON.stringify(name)} directory ${mode}`;
      const hash = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
      return `${JSON.stringify(name)} file ${mode} ${hash}`;
    }),
  );
  return lines.toSorted();
}
