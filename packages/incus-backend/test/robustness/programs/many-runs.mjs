// @ts-check
// many-runs.mjs <socket> <sandbox> <spares> <count>: runs many short commands and prints, now and then, what this process holds.
import { EventEmitter, getEventListeners } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = "", name = "", spares = "", count = ""] = process.argv.slice(2);
/** Each fifth of the runs is one report. */
const REPORTS = 5;
const WORKERS = 4;

const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: Number(spares) }) });
const sandbox = client.sandbox(name);
// one for all of them, as of a program that runs for long
const { signal } = new AbortController();
process.on("warning", (warning) => {
  throw warning;
});

function report(/** @type {number} */ runs, /** @type {number} */ wrong) {
  globalThis.gc?.();
  const descriptors = readdirSync("/proc/self/fd").length;
  const rssBytes = Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;
  const processListeners = process
    .eventNames()
    .reduce((sum, event) => sum + EventEmitter.listenerCount(process, event), 0);
  const listeners = getEventListeners(signal, "abort").length + processListeners;
  process.stdout.write(`${JSON.stringify({ runs, wrong, descriptors, rssBytes, listeners })}\n`);
}

const total = Number(count);
let next = 0;
let wrong = 0;
async function work(/** @type {number} */ end) {
  for (let run = next++; run < end; run = next++) {
    const wanted = run % 7;
    const { status, stdout } = await sandbox.exec(
      ["sh", "-c", 'echo "$0"; exit $1', String(run), String(wanted)],
      {
        signal,
        timeoutMs: 60_000,
      },
    );
    if (status.exitCode !== wanted || stdout !== `${run}\n`) wrong++;
  }
}

for (let part = 1; part <= REPORTS; part++) {
  const end = Math.round((total * part) / REPORTS);
  await Promise.all(Array.from({ length: WORKERS }, () => work(end)));
  next = end;
  report(end, wrong);
}
await client[Symbol.asyncDispose]();
