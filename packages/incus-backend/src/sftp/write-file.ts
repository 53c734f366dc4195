import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { type FileOwner, FileRefusedError } from "@pixels/core";
import { abortable, type BackendWriteOptions } from "@pixels/core/backend";
import { isMissing } from "./errors.ts";
import { kindOf } from "./file-info.ts";
import { makeDirectory } from "./make-directory.ts";
import type { SftpHandle, SftpSession } from "./session.ts";
import { openFlags, type SftpAttributes } from "./wire.ts";

/** The server takes packets of 256 KiB. */
const CHUNK_BYTES = 240 * 1024;
/** Requests that wait for their answers. */
const WINDOW = 16;
const DEFAULT_MODE = 0o644;
const PERMISSION_BITS = 0o7777;
const PLAIN_BITS = 0o777;
const READ_BITS = 0o444;
const CLEAN_UP_MS = 10_000;
const CREATE = openFlags.write | openFlags.create | openFlags.exclusive;

export interface WriteFileParts extends BackendWriteOptions {
  /** Sets a mode with more than the nine plain bits, which the handle cannot. */
  readonly chmod: (path: string, mode: number) => Promise<void>;
}

/**
 * Writes a new file beside the path and renames it, so that whoever opens the path sees the old file or the whole new one. Owner and mode are set
 * by its handle: nobody inside can put something else in its place.
 */
export async function writeFile(
  session: SftpSession,
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: WriteFileParts,
): Promise<void> {
  const { signal } = options;
  const part = posix.join(posix.dirname(path), `.px-${randomBytes(8).toString("hex")}.part`);
  // both are asked at once
  const looking = session.lstat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  looking.catch(() => {});
  const handle = await openPart(session, part, options);
  try {
    const old = await abortable(looking, signal);
    if (old !== undefined && kindOf(old) === "directory")
      throw new FileRefusedError(`${JSON.stringify(path)} is a directory`, { context: { path } });
    const { mode, owner } = toAttributes(old, options);
    // a new file is root's, with the default mode
    const setting = Promise.all([
      owner.uid === 0 && owner.gid === 0 ? undefined : session.fchown(handle, owner),
      (mode & PLAIN_BITS) === DEFAULT_MODE ? undefined : session.fchmod(handle, mode & PLAIN_BITS),
    ]);
    setting.catch(() => {});
    // what not everybody may read is closed before there is anything to read
    if ((mode & READ_BITS) !== READ_BITS) await abortable(setting, signal);
    await writeAll(session, handle, content, options);
    await abortable(setting, signal);
    if ((mode & ~PLAIN_BITS) !== 0) await options.chmod(part, mode);
  } catch (error) {
    await discard(session, handle, part);
    throw error;
  }
  const renaming = session.rename(part, path);
  // nothing is written by it: nobody has to wait for it
  void session.close(handle).catch(() => {});
  try {
    await abortable(renaming, signal);
  } catch (error) {
    // nothing is there to be removed where the rename was done all the same
    await settle(session.remove(part));
    throw error;
  }
}

async function openPart(
  session: SftpSession,
  part: string,
  { newOwner, signal }: BackendWriteOptions,
): Promise<SftpHandle> {
  const open = (): Promise<SftpHandle> => session.open(part, CREATE, { signal });
  try {
    return await open();
  } catch (error) {
    // the server does one after the other: what it still opens is removed
    if (signal?.aborted) await settle(session.remove(part));
    if (!isMissing(error)) throw error;
    await makeDirectory(session, posix.dirname(part), { newOwner, signal });
    return await open();
  }
}

/** What is not said is as it was, or as of any new file. */
function toAttributes(
  old: SftpAttributes | undefined,
  { mode, owner, newOwner }: BackendWriteOptions,
): { readonly mode: number; readonly owner: FileOwner } {
  const replaced = old !== undefined && kindOf(old) === "file" ? old : undefined;
  return {
    mode: mode ?? (replaced?.mode === undefined ? DEFAULT_MODE : replaced.mode & PERMISSION_BITS),
    owner: owner ?? replaced?.owner ?? newOwner,
  };
}

async function writeAll(
  session: SftpSession,
  handle: SftpHandle,
  content: AsyncIterable<Uint8Array>,
  { signal }: BackendWriteOptions,
): Promise<void> {
  const waiting: Promise<void>[] = [];
  let offset = 0;
  for await (const data of content) {
    for (let start = 0; start < data.length; start += CHUNK_BYTES) {
      const chunk = data.subarray(start, start + CHUNK_BYTES);
      const writing = session.write(handle, offset, chunk);
      writing.catch(() => {});
      waiting.push(writing);
      offset += chunk.length;
      if (waiting.length >= WINDOW) await abortable(waiting.shift() ?? Promise.resolve(), signal);
    }
    signal?.throwIfAborted();
  }
  await abortable(Promise.all(waiting), signal);
}

/** Resolves once nothing is left of the part, or the connection is gone. */
async function discard(session: SftpSession, handle: SftpHandle, part: string): Promise<void> {
  await settle(session.close(handle), session.remove(part));
}

/** Waits for what cleans up, however it ends, but not for a server that has stopped answering. */
async function settle(...requests: readonly Promise<void>[]): Promise<void> {
  await abortable(Promise.allSettled(requests), AbortSignal.timeout(CLEAN_UP_MS)).catch(() => {});
}
