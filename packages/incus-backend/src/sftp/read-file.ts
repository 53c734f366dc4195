import { FileRefusedError, type ReadFileOptions } from "@pixels/core";
import { abortable } from "@pixels/core/backend";
import { kindOf } from "./file-info.ts";
import type { SftpHandle, SftpSession } from "./session.ts";
import type { SftpLease } from "./sessions.ts";
import { openFlags } from "./wire.ts";

/** The most that the server hands out in one answer is a little more. */
const CHUNK_BYTES = 128 * 1024;
/** Requests that wait for their answers. */
const WINDOW = 16;

export interface ReadFileParts extends ReadFileOptions {
  /** Translates what the stream fails with. */
  readonly toError: (error: unknown) => unknown;
}

/** Opens the file and reads its beginning; the rest is read as it is taken. The lease is given back when the stream is over. */
export async function readFile(
  lease: SftpLease,
  path: string,
  { offset = 0, length = Number.POSITIVE_INFINITY, signal, toError }: ReadFileParts,
): Promise<ReadableStream<Uint8Array>> {
  const { session } = lease;
  let handle: SftpHandle | undefined;
  try {
    handle = await session.open(path, openFlags.read, { signal });
    const first = session.read(handle, offset, Math.min(length, CHUNK_BYTES));
    first.catch(() => {});
    const attributes = await abortable(session.fstat(handle), signal);
    if (kindOf(attributes) === "directory")
      throw new FileRefusedError(`${JSON.stringify(path)} is a directory`, { context: { path } });
    // what the system makes up as it is read, as in /proc, says that it is empty
    const size = attributes.size === 0 ? Number.POSITIVE_INFINITY : (attributes.size ?? 0);
    const end = Math.min(size, offset + length);
    const beginning = await abortable(first, signal);
    return toStream(readOn({ session, handle, beginning, offset, end }), { lease, signal, toError });
  } catch (error) {
    if (handle !== undefined) void session.close(handle).catch(() => {});
    lease[Symbol.dispose]();
    throw error;
  }
}

interface OpenFile {
  readonly session: SftpSession;
  readonly handle: SftpHandle;
  /** What the first answer had; undefined where that was the end of the file. */
  readonly beginning: Buffer | undefined;
  readonly offset: number;
  readonly end: number;
}

/** The chunks in order, of which some are always on their way. */
async function* readOn({ session, handle, beginning, offset, end }: OpenFile): AsyncGenerator<Buffer> {
  const waiting: Promise<Buffer>[] = [];
  // of what does not tell its size the end shows only when it is reached
  const window = Number.isFinite(end) ? WINDOW : 1;
  let next = offset + (beginning?.length ?? 0);
  try {
    if (beginning === undefined || beginning.length === 0) return;
    yield beginning;
    for (;;) {
      while (waiting.length < window && next < end) {
        const chunk = readWhole(session, handle, next, Math.min(CHUNK_BYTES, end - next));
        chunk.catch(() => {});
        waiting.push(chunk);
        next += CHUNK_BYTES;
      }
      const chunk = await waiting.shift();
      if (chunk === undefined || chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    void session.close(handle).catch(() => {});
  }
}

/** Answers may be shorter than was asked; shorter than `length` here is the end of the file. */
async function readWhole(
  session: SftpSession,
  handle: SftpHandle,
  offset: number,
  length: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let done = 0;
  while (done < length) {
    const part = await session.read(handle, offset + done, length - done);
    if (part === undefined) break;
    parts.push(part);
    done += part.length;
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

interface StreamParts extends Pick<ReadFileParts, "signal" | "toError"> {
  readonly lease: SftpLease;
}

function toStream(
  chunks: AsyncGenerator<Buffer>,
  { lease, signal, toError }: StreamParts,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await abortable(chunks.next(), signal);
          if (done !== true) {
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(signal?.aborted ? signal.reason : toError(error));
          void chunks.return(undefined);
        }
        lease[Symbol.dispose]();
      },
      async cancel() {
        lease[Symbol.dispose]();
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
