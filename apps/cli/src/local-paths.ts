import { realpath, stat } from "node:fs/promises";
import { FileNotFoundError, FileRefusedError } from "@pixels/core";
import type { TransferEnd } from "./transfer-plan.ts";

/** A path on this machine as it was written, and what is there. Rejects with FILE_REFUSED where this user may not look. */
async function findLocal(text: string): Promise<TransferEnd> {
  try {
    return { path: text, kind: (await stat(text)).isDirectory() ? "directory" : "other" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return { path: text, kind: "missing" };
    throw new FileRefusedError(`the local path ${JSON.stringify(text)} cannot be looked at: ${code}`, {
      cause: error,
      next: "name another path, or be another user",
      context: { path: text },
    });
  }
}

/** As `findLocal`. Rejects with FILE_NOT_FOUND where nothing is there. */
export async function mustFindLocal(text: string): Promise<TransferEnd> {
  const found = await findLocal(text);
  if (found.kind !== "missing") return found;
  throw new FileNotFoundError(`the local path ${JSON.stringify(text)} is not there`, {
    next: "look at the path on this machine",
    context: { path: text },
  });
}

/** As `findLocal`, for what is to be written: whoever names a symlink to a directory means the directory. */
export async function findLocalTarget(text: string): Promise<TransferEnd> {
  const found = await findLocal(text);
  return found.kind === "directory" ? { ...found, path: await realpath(text) } : found;
}
