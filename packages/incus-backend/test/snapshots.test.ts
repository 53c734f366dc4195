import { createSandboxClient, type OwnedSandbox } from "@pixels/core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";

const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket }) });
let sandbox: OwnedSandbox;

beforeAll(async () => {
  sandbox = await client.create({ name: "snapshots", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

// Incus waits with a snapshot until nobody is connected to the files; a connection of ours is kept for 15 seconds
test("a connection to the files that is kept open holds no snapshot up, and one that is used goes on", async () => {
  await sandbox.files.write("/root/file", "x".repeat(1_000_000));
  const options = { timeoutMs: 8000 };
  await sandbox.snapshots.create("after-writing", options);
  const reader = (await sandbox.files.read("/root/file")).getReader();
  let bytes = (await reader.read()).value?.length ?? 0;
  const taking = sandbox.snapshots.create("while-reading", options);
  for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
  expect(bytes).toBe(1_000_000);
  await taking;
  expect((await sandbox.files.stat("/root/file")).sizeBytes).toBe(1_000_000);
  await sandbox.snapshots.restore("after-writing", options);
});
