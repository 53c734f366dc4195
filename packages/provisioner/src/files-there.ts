import { type CallOptions, type FileInfo, PixelsError, type SandboxFiles } from "@pixels/core";

/** Undefined where there is nothing at the path. */
export async function statIfThere(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<FileInfo | undefined> {
  return await ifThere(() => files.stat(path, options));
}

/** The text at the path, or undefined. */
export async function readIfThere(
  files: SandboxFiles,
  path: string,
  options: CallOptions,
): Promise<string | undefined> {
  return await ifThere(() => files.readText(path, options));
}

async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (PixelsError.is(error) && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
