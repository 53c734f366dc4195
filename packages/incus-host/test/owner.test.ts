import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { poll } from "@pixels/core/backend";
import {
  installTools,
  type PrivateIncusInfo,
  startPrivateIncus,
  sweepPrivateIncus,
} from "@pixels/incus-host";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { collectTraces, findCgroups, findLeft, listChildren, type Traces } from "./traces.ts";

beforeAll(async () => {
  await installTools();
  // the owner is another process, which needs JavaScript
  await promisify(execFile)("node_modules/.bin/tsc", ["-b", "."], { cwd: new URL("..", import.meta.url) });
}, 600_000);

async function startOwner(): Promise<{ owner: ChildProcess; traces: Traces }> {
  const owner = spawn(process.execPath, [new URL("owner.mjs", import.meta.url).pathname], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
  return { owner, traces: await collectTraces(JSON.parse(line) as PrivateIncusInfo) };
}

/** What is still there of a daemon after some time to go away. */
async function waitForEnd(traces: Traces): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const attempt = async () => ((left = await findLeft(traces)).length === 0 ? true : undefined);
  await poll(attempt, { what: "the daemon to be gone", timeoutMs: 15_000, intervalMs: 50 }).catch(() => {});
  return left;
}

test("a living daemon is seen by what looks for dead ones", async () => {
  const { traces } = await startOwner();
  expect(traces.loop.name).not.toBe("");
  expect((await findLeft(traces)).filter((what) => !what.startsWith("process"))).toEqual([
    "its socket",
    "its link",
    "its route",
    "its loop device",
  ]);
});

test.each(["SIGKILL", "SIGTERM"] as const)("an owner's end by %s leaves nothing", async (signal) => {
  const { owner, traces } = await startOwner();
  owner.kill(signal);
  expect(await waitForEnd(traces)).toEqual([]);
});

test("the next run sweeps a dead one's cgroups and leaves those of the living", async () => {
  const dead = await startOwner();
  await using living = await startPrivateIncus();
  dead.owner.kill("SIGKILL");
  expect(await waitForEnd(dead.traces)).toEqual([]);
  await sweepPrivateIncus();
  expect(await findCgroups(dead.traces.info)).toEqual([]);
  expect(await findCgroups(living)).not.toEqual([]);
});

test("disposing leaves nothing, cgroups included", async () => {
  const daemon = await startPrivateIncus();
  const traces = await collectTraces(daemon);
  await daemon[Symbol.asyncDispose]();
  expect(await waitForEnd(traces)).toEqual([]);
  expect(await findCgroups(daemon)).toEqual([]);
});

test("an aborted start rejects with the reason and leaves no process", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  const start = startPrivateIncus({
    signal: abort.signal,
    onProgress: (phase) => phase.includes("storage") && abort.abort(reason),
  });
  await expect(start).rejects.toBe(reason);
  expect(await listChildren()).toEqual([]);
});
