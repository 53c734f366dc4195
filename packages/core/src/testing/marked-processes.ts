import { randomInt } from "node:crypto";
import { poll } from "../backend/poll.ts";
import { shell } from "../command.ts";
import { expectSuccess } from "../exec-errors.ts";
import type { Sandbox } from "../sandbox.ts";

/** A number of seconds to sleep that nobody else sleeps: it tells a process apart by its arguments, which neither session nor environment hide. */
export function newMarker(): string {
  return `97531.${randomInt(1e12)}`;
}

/** How many processes of the sandbox have the marker as an argument. */
export async function countMarked(sandbox: Sandbox, marker: string): Promise<number> {
  // by stdin, so that the search does not find itself
  const search = shell("grep -lzxFf - /proc/[0-9]*/cmdline 2>/dev/null; true");
  const { stdout } = expectSuccess(await sandbox.exec(search, { root: true, stdin: `${marker}\n` }));
  return stdout.split("\n").length - 1;
}

/** Waits until there are that many, or more. Rejects with TIMEOUT. */
export async function untilMarked(sandbox: Sandbox, marker: string, count: number): Promise<void> {
  const seen = async (): Promise<true | undefined> =>
    (await countMarked(sandbox, marker)) >= count ? true : undefined;
  await poll(seen, { what: `${count} processes to start`, timeoutMs: 20_000, intervalMs: 50 });
}
