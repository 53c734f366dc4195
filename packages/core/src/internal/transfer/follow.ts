import { posix } from "node:path";
import { FileRefusedError } from "../../errors.ts";
import type { FileInfo, SandboxFiles } from "../../files.ts";
import type { CallOptions } from "../../options.ts";

/** As many as Linux follows. */
const MAX_SYMLINKS = 40;

/** What a path in the sandbox leads to, and where that is. Rejects with FILE_NOT_FOUND where it leads nowhere. */
export async function statFollowing(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<FileInfo> {
  const info = await files.stat(path, options);
  return info.kind === "symlink" ? await follow(files, path, options) : info;
}

/** Name by name: ".." after a symlink is not the directory that the text says. */
async function follow(files: SandboxFiles, path: string, options: CallOptions): Promise<FileInfo> {
  const names = path.split("/");
  let info = await files.stat("/", options);
  let followed = 0;
  while (names.length > 0) {
    const name = names.shift();
    if (name === undefined || name === "" || name === ".") continue;
    const next = posix.join(info.path, name);
    const found = await files.stat(next, options);
    if (found.kind !== "symlink") {
      info = found;
      continue;
    }
    if (++followed > MAX_SYMLINKS)
      throw new FileRefusedError(`${JSON.stringify(path)} leads through symlinks that have no end`, {
        context: { path },
      });
    const target = await files.readlink(next, options);
    if (target.startsWith("/")) info = await files.stat("/", options);
    names.unshift(...target.split("/"));
  }
  return info;
}
