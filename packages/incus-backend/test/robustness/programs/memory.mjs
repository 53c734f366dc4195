// @ts-check
// memory.mjs <socket> <sandbox> <direction>: moves many bytes through one command and prints how they came and how this process grew.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createSandboxClient, shell } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const MIB = 1024 * 1024;
const [socket = "", name = "", direction = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
const sandbox = client.sandbox(name);

/** Bytes of memory that this process has. */
function readRss() {
  return Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;
}

/**
 * Reads all output of a command that repeats a block of 1 MiB so many times.
 * @param {number} count
 * @param {{ readonly slow: boolean }} options
 */
async function readOutput(count, { slow }) {
  const running = await sandbox.spawn(
    shell(
      `head -c ${MIB} /dev/zero | tr '\\0' 'x' >/tmp/block; i=0; while [ $i -lt ${count} ]; do cat /tmp/block; i=$((i+1)); done; exit 7`,
    ),
  );
  const hash = createHash("sha256");
  let bytes = 0;
  let pauses = 0;
  for await (const { data } of running.output) {
    hash.update(data);
    bytes += data.length;
    // as a reader who has more to do than to read: 10 ms for every 2 MiB
    if (slow && bytes / (2 * MIB) > pauses) {
      pauses++;
      await sleep(10);
    }
  }
  return { bytes, hash: hash.digest("hex"), exitCode: (await running.wait()).exitCode };
}

/** @param {number} count */
async function* blocks(count) {
  const size = 64 * 1024;
  // new ones, as a file or a socket gives them: what is kept of them shows
  for (let sent = 0; sent < count * MIB; sent += size) yield Buffer.alloc(size, "y");
}

/** @param {number} count */
async function writeInput(count) {
  const { status, stdout } = await sandbox.exec(
    shell("tee /dev/stderr 2>/tmp/in | wc -c; sha256sum </tmp/in; rm /tmp/in"),
    {
      stdin: blocks(count),
    },
  );
  const [bytes, hash = ""] = stdout.split("\n");
  return { bytes: Number(bytes), hash: hash.split(" ")[0], exitCode: status.exitCode };
}

/** @param {number} count */
function move(count) {
  return direction === "input" ? writeInput(count) : readOutput(count, { slow: direction === "slow-output" });
}

await move(16);
const before = readRss();
let most = before;
const sampler = setInterval(() => (most = Math.max(most, readRss())), 50);
const result = await move(200);
clearInterval(sampler);
process.stdout.write(`${JSON.stringify({ ...result, growthBytes: Math.max(most, readRss()) - before })}\n`);
await client[Symbol.asyncDispose]();
