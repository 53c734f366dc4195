import { posix } from "node:path";
import type { CallOptions } from "@pixels/core";
import { abortable } from "@pixels/core/backend";
import { isMissing } from "./errors.ts";
import { kindOf } from "./file-info.ts";
import { readEntries } from "./read-entries.ts";
import type { SftpSession } from "./session.ts";

export interface RemoveOptions extends CallOptions {
  readonly recursive?: boolean;
}

/** Removes what is at the path, and nothing that a symlink leads to; a missing one is fine. */
export async function removeTree(session: SftpSession, path: string, options: RemoveOptions): Promise<void> {
  const { recursive = false, signal } = options;
  try {
    if (kindOf(await abortable(session.lstat(path), signal)) !== "directory") {
      await abortable(session.remove(path), signal);
      return;
    }
    if (recursive) await empty(session, path, { signal });
    await abortable(session.rmdir(path), signal);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function empty(session: SftpSession, path: string, { signal }: CallOptions): Promise<void> {
  for await (const entries of readEntries(session, path, { signal }))
    await Promise.all(
      entries.map(async ({ name, attributes }) => {
        const entry = posix.join(path, name);
        if (kindOf(attributes) === "directory") await removeTree(session, entry, { recursive: true, signal });
        else await abortable(session.remove(entry), signal).catch(ignoreMissing);
      }),
    );
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
