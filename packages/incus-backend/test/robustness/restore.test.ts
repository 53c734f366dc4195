import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createSandboxClient, expectSuccess, type OwnedSandbox, type Sandbox, shell } from "@pixels/core";
import { poll } from "@pixels/core/backend";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { openIncusApi } from "../../src/rest/index.ts";

const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
const api = openIncusApi({ socketPath: socket });
const MIB = 2 ** 20;
const today = { labels: { at: "today" }, limits: { memoryBytes: 448 * MIB, diskBytes: 3072 * MIB } };
let box: OwnedSandbox;

beforeAll(async () => {
  box = await client.create({
    name: "restored",
    source: { kind: "image", image: "debian/12" },
    memoryBytes: 384 * MIB,
    diskBytes: 2048 * MIB,
    labels: { at: "then", gone: "then" },
  });
  await write("then");
  await box.snapshots.create("then");
  await box.update({ labels: { at: "today", gone: null }, ...today.limits });
});

afterAll(async () => {
  await box[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

async function write(text: string): Promise<void> {
  expectSuccess(await box.exec(shell("cat >/root/state; sync"), { stdin: text }));
}

async function read(): Promise<string> {
  return expectSuccess(await box.exec(["cat", "/root/state"])).stdout;
}

/** As Incus has it: what a sandbox would be started with. */
async function expectToday(sandbox: Sandbox): Promise<void> {
  const { instance } = await api.instances.get(`px-${sandbox.name}`);
  expect(instance.config).toMatchObject({
    "limits.memory": String(today.limits.memoryBytes),
    "user.pixels.label.at": "today",
  });
  expect(instance.config).not.toHaveProperty(["user.pixels.label.gone"]);
  expect(instance.devices["root"]).toMatchObject({ size: String(today.limits.diskBytes) });
  expect(instance.devices["eth0"]).toMatchObject({ "security.mac_filtering": "true" });
}

async function listMarks(): Promise<readonly string[]> {
  return (await api.profiles.listNames()).filter((name) => name.startsWith("pixels-"));
}

/** Another process that restores; `saw` resolves when it says the phase. */
class Restorer {
  readonly #child: ChildProcess;
  readonly said: string[] = [];

  constructor() {
    const path = new URL("programs/restore.mjs", import.meta.url).pathname;
    this.#child = spawn(process.execPath, [path, socket, box.name, "then"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.said.push(line));
  }

  async saw(phase: string): Promise<void> {
    await poll(async () => (this.said.includes(phase) ? true : undefined), {
      what: `the other process to say ${phase}`,
      timeoutMs: 20_000,
      intervalMs: 1,
    });
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }
}

describe("a restore whose process is killed", () => {
  const moments = [
    ["begun", [0, 5, 20, 60]],
    ["stopping", [0, 200]],
    ["restoring", [0, 5, 10, 20, 30, 40, 60, 80, 120]],
    ["starting", [0, 50]],
  ] as const;

  test.each(moments)(
    "after %s is finished by the next start",
    async (phase, delays) => {
      for (const delayMs of delays) {
        await box.start();
        await write("now");
        const restorer = new Restorer();
        await restorer.saw(phase);
        await sleep(delayMs);
        await restorer.kill();
        await box.start();
        await expectToday(box);
        expect(await box.info(), `${phase} + ${delayMs} ms`).toMatchObject({ ...today, status: "running" });
        expect(["then", "now"]).toContain(await read());
        expect(await listMarks()).toEqual([]);
      }
    },
    120_000,
  );

  test.each(["collectAbandoned", "update", "restore", "clone"] as const)(
    "is finished by %s, which never sees the old settings",
    async (call) => {
      const interrupted: boolean[] = [];
      for (const delayMs of [15, 30, 45, 60]) {
        await box.start();
        await write("now");
        const restorer = new Restorer();
        await restorer.saw("restoring");
        await sleep(delayMs);
        await restorer.kill();
        interrupted.push((await listMarks()).length > 0);
        switch (call) {
          case "collectAbandoned":
            expect(await client.collectAbandoned()).toEqual([]);
            break;
          case "update":
            await box.update({ processes: 500 });
            break;
          case "restore":
            await box.snapshots.restore("then");
            expect(await box.info()).toMatchObject(today);
            await box.start();
            expect(await read()).toBe("then");
            break;
          case "clone": {
            await using clone = await client.create({
              name: "restored-clone",
              source: { kind: "snapshot", sandbox: box.name, snapshot: "then" },
            });
            expect((await clone.info()).limits).toMatchObject(today.limits);
            break;
          }
        }
        await expectToday(box);
        expect(await listMarks()).toEqual([]);
      }
      // else nothing was tried
      expect(interrupted).toContain(true);
    },
    120_000,
  );
});

describe("a restore that goes on", () => {
  test("is left alone: start, update and another restore are SANDBOX_BUSY, and it ends as if nothing had been", async () => {
    await box.start();
    await write("now");
    const restorer = new Restorer();
    await restorer.saw("stopping");
    const busy = { code: "SANDBOX_BUSY", retryable: true };
    await expect(box.start()).rejects.toMatchObject(busy);
    await expect(box.update({ labels: { at: "lost" } })).rejects.toMatchObject(busy);
    await expect(box.snapshots.restore("then")).rejects.toMatchObject(busy);
    await client.collectAbandoned();
    await restorer.end();
    expect(restorer.said.at(-1)).toBe("done");
    expect(await read()).toBe("then");
    await expectToday(box);
    expect(await listMarks()).toEqual([]);
  });

  test("of two at once one restores, and the other is refused or comes after it", async () => {
    await box.start();
    const results = await Promise.allSettled([1, 2, 3].map(() => box.snapshots.restore("then")));
    const failures = results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as { code: string }).code] : [],
    );
    expect(failures.length).toBeLessThan(3);
    expect(failures.every((code) => code === "SANDBOX_BUSY")).toBe(true);
    await box.start();
    await expectToday(box);
    expect(await listMarks()).toEqual([]);
  });
});

describe("what a restore meets", () => {
  test("a full disk inside is no obstacle: the snapshot is what makes room", async () => {
    await using full = await client.create({
      name: "restored-full",
      source: { kind: "image", image: "debian/12" },
      diskBytes: 400 * MIB,
    });
    await full.snapshots.create("empty");
    await full.exec(shell("head -c 1G /dev/urandom >/root/big; sync"));
    await full.snapshots.restore("empty");
    expect((await full.exec(["test", "-e", "/root/big"])).status.exitCode).toBe(1);
    expect((await full.exec(shell("head -c 1G /dev/urandom >/root/big"))).status.exitCode).not.toBe(0);
  });

  test("a mark of a sandbox of the same name that is gone counts for nothing", async () => {
    await using first = await client.create({
      name: "restored-again",
      source: { kind: "image", image: "debian/12" },
      labels: { at: "then" },
    });
    await first.snapshots.create("then");
    const { instance } = await api.instances.get("px-restored-again");
    const mark = {
      id: "1",
      instanceId: "another",
      owner: "",
      begunAt: 0,
      settings: { config: { "user.pixels.label.at": "stale" }, devices: {}, profiles: [], description: "" },
    };
    await api.profiles.create({
      name: "pixels-restore-restored-again",
      config: { "user.pixels.restore": JSON.stringify(mark) },
    });
    await first.start();
    expect((await api.instances.get("px-restored-again")).instance.config).toMatchObject(
      Object.fromEntries(Object.entries(instance.config).filter(([key]) => !key.startsWith("volatile."))),
    );
    expect(await listMarks()).toEqual([]);
  });

  test("a disk limit that is smaller than the snapshot is CAPACITY_EXHAUSTED, and a larger one mends it", async () => {
    await using shrunk = await client.create({
      name: "restored-shrunk",
      source: { kind: "image", image: "debian/12" },
      diskBytes: 1024 * MIB,
    });
    expectSuccess(await shrunk.exec(shell("head -c 500M /dev/urandom >/root/big; sync")));
    await shrunk.snapshots.create("big");
    expectSuccess(await shrunk.exec(shell("rm /root/big; sync")));
    await shrunk.update({ diskBytes: 400 * MIB });
    const tooSmall = { code: "CAPACITY_EXHAUSTED", next: expect.stringContaining("pixels set") as string };
    await expect(shrunk.snapshots.restore("big")).rejects.toMatchObject(tooSmall);
    await expect(shrunk.start()).rejects.toMatchObject(tooSmall);
    await shrunk.update({ diskBytes: 1024 * MIB }).catch(() => {});
    await shrunk.snapshots.restore("big");
    await shrunk.start();
    expect((await shrunk.exec(["test", "-e", "/root/big"])).status.exitCode).toBe(0);
    expect((await shrunk.info()).limits.diskBytes).toBe(1024 * MIB);
  });
});
