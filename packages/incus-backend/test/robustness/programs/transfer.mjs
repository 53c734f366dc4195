// @ts-check
// transfer.mjs <socket> <sandbox> <local> <remote>: uploads and downloads again, and prints how long each took and how this process grew.
import { readFileSync } from "node:fs";
import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = "", name = "", local = "", remote = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
const { files } = client.sandbox(name);

/** Bytes of memory that this process has. */
function readRss() {
  return Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;
}

/**
 * @param {string} what
 * @param {() => Promise<import("@pixels/core").TransferResult>} transfer
 */
async function measure(what, transfer) {
  const before = readRss();
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, readRss())), 20);
  const startedAt = performance.now();
  const { files: count, bytes, skipped } = await transfer();
  clearInterval(sampler);
  const growthBytes = Math.max(most, readRss()) - before;
  const durationMs = Math.round(performance.now() - startedAt);
  process.stdout.write(
    `${JSON.stringify({ what, files: count, bytes, skipped, growthBytes, durationMs })}\n`,
  );
}

await measure("upload", () => files.upload(local, remote));
await measure("download", () => files.download(remote, `${local}-again`));
await client[Symbol.asyncDispose]();
