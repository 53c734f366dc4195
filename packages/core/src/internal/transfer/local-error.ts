import {
  CapacityExhaustedError,
  FileNotFoundError,
  FileRefusedError,
  type PixelsErrorOptions,
} from "../../errors.ts";

const notFound = new Set(["ENOENT"]);
const noRoom = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EMFILE", "ENFILE"]);

/** What is wrong, in the words of a person, and what to do about it. */
const words: Readonly<Record<string, readonly [wrong: string, next: string]>> = {
  ENOENT: ["is not there", "look at the path on this machine"],
  ENOSPC: ["has no room on its disk", "make room on this machine, or name another path"],
  EDQUOT: ["is over the quota of its disk", "make room on this machine, or name another path"],
  EFBIG: ["is too large for its file system", "name a path on another file system"],
  EMFILE: ["cannot be opened: this process has too many open files", "raise the limit with: ulimit -n"],
  ENFILE: ["cannot be opened: this machine has too many open files", "end what holds them open"],
  EACCES: ["is not open to this user", "change its mode, or that of its directories, or be another user"],
  EPERM: ["is not open to this user", "change its mode, or that of its directories, or be another user"],
  EROFS: ["is on a disk that cannot be written", "name another path"],
  EISDIR: ["is a directory where there is to be a file", "name another path, or remove it first"],
  ENOTDIR: ["has a file where there is to be a directory", "name another path, or remove it first"],
  EEXIST: ["is in the way", "name another path, or remove it first"],
  ENOTEMPTY: ["is a directory that is in the way", "name another path, or remove it first"],
  ELOOP: ["leads through symlinks that have no end", "name another path"],
  ENAMETOOLONG: ["is longer than this machine takes", "name a shorter path"],
};

/** The work's own outcome; a failure of the local file system as a `PixelsError` that names the path. */
export async function namingPath<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toLocalError(error, path);
  }
}

/** Whether the local file system has failed with one of the codes. */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** A failure of the local file system in our words; anything else as it is. */
export function toLocalError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  const code = String(error.code);
  const [wrong, next] = words[code] ?? [`failed with ${code}`, "look at the path on this machine"];
  const message = `the local path ${JSON.stringify(path)} ${wrong}`;
  const options: PixelsErrorOptions = { cause: error, next, context: { path, errno: code } };
  if (notFound.has(code)) return new FileNotFoundError(message, options);
  if (noRoom.has(code)) return new CapacityExhaustedError(message, options);
  return new FileRefusedError(message, options);
}
