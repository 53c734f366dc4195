import { dirname } from "node:path/posix";
import type { CallOptions, SandboxFiles } from "@pixels/core";
import { readIfThere, readlinkIfThere } from "./files-there.ts";

/** Who owns what pixels keeps in a sandbox. */
export const ROOT = { uid: 0, gid: 0 };

export interface WriteOptions extends CallOptions {
  /** Default 0o644. */
  readonly mode?: number;
}

/** Writes a file of root's, in a folder of root's, unless it has that content already. */
export async function writeAsRoot(
  files: SandboxFiles,
  path: string,
  text: string,
  { mode = 0o644, signal }: WriteOptions,
): Promise<void> {
  if ((await readIfThere(files, path, { signal })) === text) return;
  await makeFolder(files, dirname(path), { signal });
  await files.write(path, text, { mode, owner: ROOT, signal });
}

/** Makes a folder with its parents, all of root's: what an account could change would not be to be trusted. */
export async function makeFolder(
  files: SandboxFiles,
  path: string,
  { mode, signal }: WriteOptions,
): Promise<void> {
  const parts = path.split("/").filter((part) => part !== "");
  for (const [index] of parts.entries()) {
    const part = `/${parts.slice(0, index + 1).join("/")}`;
    const own = index === parts.length - 1 ? mode : undefined;
    await files.mkdir(part, { mode: own ?? 0o755, owner: ROOT, signal });
  }
}

/** Has a symlink say this, in place of whatever is at its path. */
export async function writeLink(
  files: SandboxFiles,
  path: string,
  target: string,
  { signal }: CallOptions,
): Promise<void> {
  if ((await readlinkIfThere(files, path, { signal })) === target) return;
  await files.remove(path, { recursive: true, signal });
  await files.symlink(path, target, { signal });
}
