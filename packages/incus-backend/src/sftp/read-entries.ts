import type { CallOptions } from "@pixels/core";
import { abortable } from "@pixels/core/backend";
import type { SftpEntry, SftpSession } from "./session.ts";

/** What is in a directory, some at a time, without "." and "..". */
export async function* readEntries(
  session: SftpSession,
  path: string,
  { signal }: CallOptions,
): AsyncGenerator<readonly SftpEntry[]> {
  const directory = await session.opendir(path, { signal });
  try {
    for (;;) {
      const entries = await abortable(session.readdir(directory), signal);
      if (entries === undefined) return;
      yield entries.filter(({ name }) => name !== "." && name !== "..");
    }
  } finally {
    void session.close(directory).catch(() => {});
  }
}
