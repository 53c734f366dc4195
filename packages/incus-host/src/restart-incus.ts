import { readFile, rm, writeFile } from "node:fs/promises";
import { BackendFailedError, type CallOptions } from "@pixels/core";
import { poll } from "@pixels/core/backend";
import { IncusApiError, IncusConnectionError, openIncusApi } from "@pixels/incus-backend/rest";
import type { PrivateIncusInfo } from "./private-incus.ts";
import { getStartTime } from "./process-id.ts";

/** A daemon that was told to end waits for commands that still run. */
const END_MS = 60_000;
const START_MS = 60_000;

export interface EndIncusdOptions extends CallOptions {
  /** TERM has it finish what it does; sandboxes go on running either way. */
  readonly processSignal: "SIGTERM" | "SIGKILL";
  /** Called once the signal was sent. */
  readonly onSent?: () => void;
}

/** Ends incusd alone, of a `restartable` daemon; resolves when it has ended. It stays away until `startIncusd`. */
export async function endIncusd(
  { daemon }: PrivateIncusInfo,
  { processSignal, onSent, signal }: EndIncusdOptions,
): Promise<void> {
  const pid = await findIncusd(daemon.pid);
  if (pid === undefined)
    throw new BackendFailedError("this private daemon is not restartable, or does not run");
  const startTime = await getStartTime(pid);
  await writeFile(holdPath(daemon.pid), "");
  process.kill(pid, processSignal);
  onSent?.();
  await poll(async () => ((await getStartTime(pid)) === startTime ? undefined : true), {
    what: "incusd to end",
    timeoutMs: END_MS,
    intervalMs: 10,
    signal,
  });
}

/** Has the incusd that was ended run again; resolves when it answers. */
export async function startIncusd(
  { daemon, socketPath }: PrivateIncusInfo,
  { signal }: CallOptions = {},
): Promise<void> {
  await rm(holdPath(daemon.pid), { force: true });
  await using api = openIncusApi({ socketPath });
  await poll(
    async () => {
      try {
        await api.transport.request("GET", "/internal/ready", { signal });
        return true;
      } catch (error) {
        if (error instanceof IncusApiError || error instanceof IncusConnectionError) return undefined;
        throw error;
      }
    },
    { what: "incusd to answer again", timeoutMs: START_MS, intervalMs: 20, signal },
  );
}

function holdPath(pid: number): string {
  return `/proc/${pid}/root/run/incusd.hold`;
}

async function findIncusd(parent: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, "utf8");
  for (const child of children.split(" ").filter((word) => word !== ""))
    if ((await readFile(`/proc/${child}/comm`, "utf8")).trim() === "incusd") return Number(child);
  return undefined;
}
