import { isUtf8 } from "node:buffer";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readdir, readlink, stat } from "node:fs/promises";
import { InvalidArgumentError } from "../../errors.ts";
import { hasErrno, namingPath } from "./local-error.ts";

/** O_NONBLOCK: what has become a pipe is not waited for. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHUNK_BYTES = 128 * 1024;
const SMALLEST_CHUNK_BYTES = 4096;

/** Throws INVALID_ARGUMENT for what no local path can be. */
export function checkLocalPath(path: string): void {
  if (path !== "" && !path.includes("\0") && path.isWellFormed()) return;
  throw new InvalidArgumentError(`${JSON.stringify(path)} is not a path on this machine`, {
    next: "name a file or directory",
  });
}

/** Follows symlinks. */
export async function statLocal(path: string): Promise<Stats> {
  return await namingPath(path, stat(path));
}

/** Does not follow symlinks; undefined where there is nothing any more. */
export async function lstatLocal(path: string): Promise<Stats | undefined> {
  return await namingPath(
    path,
    lstat(path).catch((error: unknown) => orUndefined(error, "ENOENT")),
  );
}

/** The names in a directory, and those that are not UTF-8 apart, as well as they can be told. */
export async function listLocal(
  path: string,
): Promise<{ readonly names: readonly string[]; readonly unreadable: readonly string[] }> {
  const all = await namingPath(path, readdir(path, { encoding: "buffer" }));
  const names: string[] = [];
  const unreadable: string[] = [];
  for (const name of all) (isUtf8(name) ? names : unreadable).push(name.toString());
  return { names, unreadable };
}

/** The text of a symlink; undefined where it is not UTF-8. */
export async function readlinkLocal(path: string): Promise<string | undefined> {
  const text = await namingPath(path, readlink(path, { encoding: "buffer" }));
  return isUtf8(text) ? text.toString() : undefined;
}

/** An open file and what it is; undefined where there is no regular file any more. */
export async function openLocal(
  path: string,
  { follow }: { readonly follow: boolean },
): Promise<{ readonly handle: FileHandle; readonly stats: Stats } | undefined> {
  const flags = follow ? OPEN_FLAGS & ~constants.O_NOFOLLOW : OPEN_FLAGS;
  const handle = await namingPath(
    path,
    open(path, flags).catch((error: unknown) => orUndefined(error, "ELOOP", "ENXIO", "ENOENT")),
  );
  if (handle === undefined) return undefined;
  try {
    const stats = await namingPath(path, handle.stat());
    if (stats.isFile()) return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** All that is in an open file of about that size. */
export async function* readLocal(
  handle: FileHandle,
  { path, size }: { readonly path: string; readonly size: number },
): AsyncGenerator<Uint8Array> {
  // one byte more than there should be: reading less is the end, and need not be asked for
  const length = Math.min(Math.max(size + 1, SMALLEST_CHUNK_BYTES), CHUNK_BYTES);
  for (;;) {
    const chunk = Buffer.allocUnsafe(length);
    const { bytesRead } = await namingPath(path, handle.read(chunk, 0, length, null));
    if (bytesRead > 0) yield chunk.subarray(0, bytesRead);
    // files of /proc say that they are empty, and come in pieces
    if (bytesRead === 0 || (bytesRead < length && size > 0)) return;
  }
}

function orUndefined(error: unknown, ...codes: readonly string[]): undefined {
  if (!hasErrno(error, ...codes)) throw error;
}
