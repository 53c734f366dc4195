import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import { type PrivateIncusInfo, stopPrivateIncus } from "./private-incus.ts";
import { getStartTime } from "./process-id.ts";

const STATE_PATH = "/run/pixels/incus.json";

const processSchema = v.object({ pid: v.number(), startTime: v.string() });
const keptSchema = v.object({
  run: v.string(),
  socketPath: v.string(),
  daemon: processSchema,
  launcher: processSchema,
  bridgeAddress: v.string(),
});

/** Writes down where a private daemon that is to stay is, so that a later command finds and ends it. */
export async function keepIncus({
  run,
  socketPath,
  daemon,
  launcher,
  bridgeAddress,
}: PrivateIncusInfo): Promise<void> {
  await mkdir(dirname(STATE_PATH), { recursive: true, mode: 0o755 });
  const temporary = `${STATE_PATH}.${process.pid}`;
  await writeFile(temporary, JSON.stringify({ run, socketPath, daemon, launcher, bridgeAddress }), {
    mode: 0o644,
  });
  await rename(temporary, STATE_PATH);
}

/** The private daemon that was kept and still runs, or undefined. */
export async function findKeptIncus(): Promise<PrivateIncusInfo | undefined> {
  const text = await readFile(STATE_PATH, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = parseBody(keptSchema, JSON.parse(text), STATE_PATH);
  return (await getStartTime(kept.daemon.pid)) === kept.daemon.startTime ? kept : undefined;
}

/** Ends the private daemon that was kept, and all sandboxes in it. Gives whether there was one. */
export async function endKeptIncus(): Promise<boolean> {
  const kept = await findKeptIncus();
  if (kept !== undefined) await stopPrivateIncus(kept);
  await rm(STATE_PATH, { force: true });
  // somebody else may keep something there
  await rmdir(dirname(STATE_PATH)).catch(() => {});
  return kept !== undefined;
}
