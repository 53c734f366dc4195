import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createSandboxClient,
  expectSuccess,
  type OwnedSandbox,
  type PixelsErrorCode,
  pixelsErrorCodes,
} from "@pixels/core";
import { loadConfig } from "@pixels/core/config";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";
import { openIncusApi } from "../src/rest/index.ts";

const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket, imageServer: "none" }) });
const api = openIncusApi({ socketPath: socket });
const source = { kind: "image", image: "debian/12" } as const;
const NOBODY = 65_534;
let sandbox: OwnedSandbox;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pixels-codes-"));
  sandbox = await client.create({ name: "error-codes", source });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** One way to meet each code; a code without one does not compile. */
const provocations: Record<PixelsErrorCode, () => Promise<unknown>> = {
  INVALID_ARGUMENT: () => client.create({ name: "Not A Name", source }),
  CONFIG_INVALID: () => loadConfig({ env: { PIXELS_DEFAULT_MEMORY: "much" }, homeDirectory: directory }),
  SANDBOX_NOT_FOUND: () => client.get("nobody"),
  SANDBOX_ALREADY_EXISTS: () => client.create({ name: "error-codes", source }),
  SANDBOX_NOT_RUNNING: async () => {
    await using stopped = await client.create({ name: "codes-stopped", source });
    await stopped.stop({ graceMs: 1000 });
    await stopped.exec(["true"]);
  },
  SANDBOX_BUSY: async () => {
    await using busy = await client.create({ name: "codes-busy", source });
    const stopping = busy.stop();
    try {
      for (;;) await busy.update({ labels: { at: randomUUID() } });
    } finally {
      await stopping;
    }
  },
  SANDBOX_NOT_READY: async () => {
    await using broken = await client.create({ name: "codes-broken", source });
    await broken.exec(["rm", "/usr/bin/setsid"]);
    // a launcher that waits already needs it no more
    await using other = createSandboxClient({ backend: incusBackend({ socket }) });
    await other.sandbox("codes-broken").exec(["true"]);
  },
  IMAGE_NOT_FOUND: () => client.create({ name: "codes-image", source: { kind: "image", image: "no/such" } }),
  WORKING_DIRECTORY_NOT_FOUND: () => sandbox.exec(["true"], { cwd: "/nowhere" }),
  ACCOUNT_NOT_FOUND: async () => {
    await using strange = await client.create({ name: "codes-account", source });
    await api.instances.patch("px-codes-account", { config: { "environment.PIXELS_ACCOUNT": "gone" } });
    await client.sandbox(strange.name).exec(["true"]);
  },
  FILE_NOT_FOUND: () => sandbox.files.readText("/no/such/file"),
  FILE_REFUSED: () => sandbox.files.readText("/etc"),
  SNAPSHOT_NOT_FOUND: () => sandbox.snapshots.restore("no-such"),
  JOB_NOT_FOUND: () => sandbox.jobs.get("nobody"),
  SNAPSHOT_ALREADY_EXISTS: async () => {
    await sandbox.snapshots.create("twice");
    await sandbox.snapshots.create("twice");
  },
  ARGUMENT_TOO_LONG: () => sandbox.exec(["echo", "x".repeat(131_072)]),
  COMMAND_FAILED: async () => expectSuccess(await sandbox.exec(["false"])),
  CONNECTION_LOST: async () => {
    await using other = createSandboxClient({ backend: incusBackend({ socket }) });
    const process = await other.sandbox(sandbox.name).spawn(["sleep", "60"]);
    const ended = process.wait();
    await other[Symbol.asyncDispose]();
    await ended;
  },
  TIMEOUT: () => sandbox.exec(["sleep", "60"], { timeoutMs: 100 }),
  CONFLICT: async () => {
    const { revision } = await sandbox.info();
    await sandbox.update({ labels: { changed: "yes" } });
    await sandbox.update({ labels: { changed: "again" } }, { ifRevision: revision });
  },
  CAPABILITY_UNSUPPORTED: () => sandbox.egress.set({ mode: "blocked" }),
  CAPACITY_EXHAUSTED: async () => {
    // room for one, in a network that is the private daemon's alone (TEST-NET-2, RFC 5737)
    await api.networks.create({
      name: "pxfull",
      type: "bridge",
      config: { "ipv4.address": "198.51.100.1/30", "ipv6.address": "none" },
    });
    await using other = createSandboxClient({ backend: incusBackend({ socket, network: "pxfull" }) });
    try {
      await using only = await other.create({ name: "codes-first", source });
      await other.create({ name: `${only.name}-more`, source });
    } finally {
      await api.transport.request("DELETE", "/1.0/networks/pxfull");
    }
  },
  BACKEND_UNAVAILABLE: () => getFrom(join(directory, "missing.socket")),
  BACKEND_UNAUTHORIZED: async () => {
    process.seteuid?.(NOBODY);
    try {
      await getFrom(socket);
    } finally {
      process.seteuid?.(0);
    }
  },
  BACKEND_MISCONFIGURED: async () => {
    await using other = createSandboxClient({ backend: incusBackend({ socket, pool: "nowhere" }) });
    await other.create({ name: "codes-pool", source });
  },
  BACKEND_PROTOCOL: async () => {
    const path = join(directory, "other.socket");
    const server = createServer((connection) => {
      connection.once("data", () => connection.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"));
    });
    await new Promise<void>((resolve) => {
      server.listen(path, resolve);
    });
    try {
      await getFrom(path);
    } finally {
      server.close();
    }
  },
  BACKEND_FAILED: async () => {
    await using broken = await client.create({ name: "codes-failed", source });
    await broken.stop();
    const config = { "raw.lxc": "lxc.hook.pre-start = /bin/false" };
    await api.instances.patch("px-codes-failed", { config });
    await broken.start();
  },
};

async function getFrom(path: string): Promise<unknown> {
  await using other = createSandboxClient({ backend: incusBackend({ socket: path }) });
  return await other.get("any");
}

describe("every code can be met", () => {
  test.each(pixelsErrorCodes)("%s", async (code) => {
    await expect(provocations[code]()).rejects.toMatchObject({ code });
  });
});
