import { dirname, resolve } from "node:path/posix";
import {
  type CallOptions,
  type FileInfo,
  FileRefusedError,
  PixelsError,
  type SandboxFiles,
} from "@pixels/core";

/** What is read here is small; a file that has been made large to no purpose is not read into memory. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
const MAX_LINKS = 8;

/** Undefined where there is nothing at the path. */
export async function statIfThere(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<FileInfo | undefined> {
  return await ifThere(() => files.stat(path, options));
}

/** The text at the path, or undefined. Rejects with FILE_REFUSED where it is no file of text, or more than 4 MiB. */
export async function readIfThere(
  files: SandboxFiles,
  path: string,
  { signal }: CallOptions,
): Promise<string | undefined> {
  const file = await ifThere(() => followLinks(files, path, { signal }));
  if (file === undefined) return undefined;
  const content = await ifThere(() => files.read(file, { length: MAX_TEXT_BYTES + 1, signal }));
  if (content === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_TEXT_BYTES)
    throw new FileRefusedError(`${JSON.stringify(path)} is larger than it can be`, { context: { path } });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FileRefusedError(`${JSON.stringify(path)} is not UTF-8 text`, { cause, context: { path } });
  }
}

/** The same, and undefined also where what is there is no file of text. */
export async function readIfText(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    return await readIfThere(files, path, options);
  } catch (error) {
    if (PixelsError.is(error) && error.code === "FILE_REFUSED") return undefined;
    throw error;
  }
}

/** What is in the directory; nothing where there is none. */
export async function listIfThere(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<readonly FileInfo[]> {
  return (await statIfThere(files, path, options))?.kind === "directory"
    ? await files.list(path, options)
    : [];
}

/** What the symlink says; undefined where there is none. */
export async function readlinkIfThere(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<string | undefined> {
  return (await statIfThere(files, path, options))?.kind === "symlink"
    ? await files.readlink(path, options)
    : undefined;
}

/** Where the file is that the path leads to. A pipe in its place would be waited for without end. */
async function followLinks(files: SandboxFiles, path: string, options: CallOptions): Promise<string> {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const { kind } = await files.stat(at, options);
    if (kind === "file") return at;
    if (kind !== "symlink") break;
    at = resolve(dirname(at), await files.readlink(at, options));
  }
  throw new FileRefusedError(`${JSON.stringify(path)} is no file`, { context: { path } });
}

async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (PixelsError.is(error) && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
