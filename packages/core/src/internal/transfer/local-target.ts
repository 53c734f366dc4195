import { constants } from "node:fs";
import { lstat, mkdir, open, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileRefusedError } from "../../errors.ts";
import { hasErrno, namingPath, toLocalError } from "./local-error.ts";
import { createTemporaryName } from "./temporary-name.ts";

const OWNER_ALL = 0o700;
const PERMISSIONS = 0o777;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Makes a directory, for its owner to fill whatever its mode; false where it is there. Rejects with FILE_REFUSED where something else is, a symlink
 * to a directory too: what is written through that lands elsewhere.
 */
export async function makeLocalDirectory(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, (mode & PERMISSIONS) | OWNER_ALL);
    return true;
  } catch (error) {
    if (!hasErrno(error, "EEXIST")) throw toLocalError(error, path);
  }
  const stats = await namingPath(path, lstat(path));
  if (stats.isDirectory()) return false;
  const kind = stats.isSymbolicLink() ? "symlink" : "file";
  throw new FileRefusedError(
    `the local path ${JSON.stringify(path)} is a ${kind} where there is to be a directory`,
    {
      next: "name another path, or remove it first",
      context: { path },
    },
  );
}

export async function makeLocalParents(path: string): Promise<void> {
  const parent = dirname(path);
  await namingPath(parent, mkdir(parent, { recursive: true }));
}

/** Sets the mode of a directory and of nothing that has taken its place. */
export async function setLocalMode(path: string, mode: number): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  await using directory = await namingPath(path, open(path, flags));
  await namingPath(path, directory.chmod(mode));
}

/** Replaces a file as a whole or not at all; a symlink that stands there is replaced and not followed. */
export async function writeLocalFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  mode: number,
): Promise<void> {
  const temporary = temporaryBeside(path);
  await replacing(path, temporary, async () => {
    await using file = await namingPath(path, open(temporary, NEW_FILE, 0o600));
    for await (const chunk of content) await namingPath(path, file.writeFile(chunk));
    await namingPath(path, file.chmod(mode));
  });
}

/** Makes a symlink of any text, which may take the place of one, or of a file. */
export async function writeLocalSymlink(path: string, target: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if (!hasErrno(error, "EEXIST")) throw toLocalError(error, path);
    const temporary = temporaryBeside(path);
    await replacing(path, temporary, () => namingPath(path, symlink(target, temporary)));
  }
}

/** Puts what was made under a temporary name in its place, or takes it away. */
async function replacing(path: string, temporary: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
    await namingPath(path, rename(temporary, path));
  } catch (error) {
    await namingPath(temporary, rm(temporary, { force: true }));
    throw error;
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), createTemporaryName());
}
