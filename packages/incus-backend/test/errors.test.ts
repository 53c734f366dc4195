import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandboxClient, parseSandboxName, type PixelsErrorCode } from "@pixels/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";
import { createBackendInstances } from "../src/instances.ts";
import { createOrphans } from "../src/orphans.ts";
import { createSftpSessions } from "../src/sftp/sessions.ts";
import { createSpareLaunchers } from "../src/spare-launchers.ts";
import { type AddressBook, createAddressBook } from "../src/network.ts";
import { openIncusApi } from "../src/rest/index.ts";

const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket, imageServer: "none" }) });
const source = { kind: "image", image: "debian/12" } as const;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pixels-errors-"));
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function expectCode(call: Promise<unknown>, code: PixelsErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ code });
}

describe("what the daemon refuses", () => {
  test("an unknown pool is BACKEND_MISCONFIGURED", async () => {
    await using other = createSandboxClient({ backend: incusBackend({ socket, pool: "nowhere" }) });
    await expectCode(other.create({ name: "pool-missing", source }), "BACKEND_MISCONFIGURED");
    await expectCode(client.get("pool-missing"), "SANDBOX_NOT_FOUND");
  });

  test("an unknown network is BACKEND_MISCONFIGURED", async () => {
    await using other = createSandboxClient({ backend: incusBackend({ socket, network: "nowhere" }) });
    await expectCode(other.create({ name: "network-missing", source }), "BACKEND_MISCONFIGURED");
  });

  test("three creates racing for one name: one wins, the others are SANDBOX_ALREADY_EXISTS, and the winner works", async () => {
    for (let round = 0; round < 8; round++) {
      const results = await Promise.allSettled([1, 2, 3].map(() => client.create({ name: "racer", source })));
      const outcomes = results.map((result) =>
        result.status === "fulfilled" ? "won" : (result.reason as { code: string }).code,
      );
      expect(outcomes.toSorted()).toEqual(["SANDBOX_ALREADY_EXISTS", "SANDBOX_ALREADY_EXISTS", "won"]);
      const racer = client.sandbox("racer");
      expect((await racer.exec(["true"])).status.exitCode).toBe(0);
      await racer.destroy();
    }
  });

  test("a limit below what the sandbox uses is CAPACITY_EXHAUSTED, and nothing is changed", async () => {
    await using api = openIncusApi({ socketPath: socket });
    await using sandbox = await client.create({
      name: "too-large",
      source,
      memoryBytes: 512 * 1024 ** 2,
      diskBytes: 2 * 1024 ** 3,
    });
    const limits = (await sandbox.info()).limits;
    const hoard = "x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo held; sleep 60";
    await using hoarder = await sandbox.spawn(["sh", "-c", hoard]);
    for await (const _ of hoarder.output) break;
    await expectCode(sandbox.update({ memoryBytes: 48 * 1024 ** 2 }), "CAPACITY_EXHAUSTED");
    await expectCode(sandbox.update({ diskBytes: 100 * 1024 ** 2 }), "CAPACITY_EXHAUSTED");
    expect((await sandbox.info()).limits).toEqual(limits);
    await sandbox.stop();
    await expectCode(sandbox.update({ diskBytes: 100 * 1024 ** 2 }), "CAPACITY_EXHAUSTED");
    const smaller = { memoryBytes: 48 * 1024 ** 2, diskBytes: 1024 ** 3 };
    expect((await sandbox.update(smaller)).limits).toMatchObject(smaller);
    await sandbox.start();
    expect((await sandbox.exec(["sh", "-c", "echo alive >/root/file"])).status.exitCode).toBe(0);
    const names = (await api.instances.list()).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("px-sys-"))).toEqual([]);
  });

  test("a frozen sandbox is SANDBOX_NOT_RUNNING", async () => {
    await using sandbox = await client.create({ name: "frozen", source });
    await using api = openIncusApi({ socketPath: socket });
    await api.instanceState.put("px-frozen", { action: "freeze" });
    await expectCode(sandbox.exec(["true"]), "SANDBOX_NOT_RUNNING");
    expect((await sandbox.info()).status).toBe("frozen");
    await api.instanceState.put("px-frozen", { action: "unfreeze" });
  });

  test("an address that another process chose at the same moment is exchanged for a free one", async () => {
    await using api = openIncusApi({ socketPath: socket });
    await using first = await client.create({ name: "address-a", source });
    const [taken] = (await first.info()).addresses;
    const addressBook = createAddressBook(api, {});
    let reservations = 0;
    const late: AddressBook = {
      async reserve(options) {
        const reserved = await addressBook.reserve(options);
        if (reservations++ > 0) return reserved;
        return { ...reserved, device: { ...reserved.device, "ipv4.address": String(taken) } };
      },
    };
    const instances = createBackendInstances({
      api,
      addressBook: late,
      backend: {},
      spares: createSpareLaunchers({ api, orphans: createOrphans(api) }, { size: 0 }),
      sftp: createSftpSessions(api),
      unremoved: new Set(),
    });
    const spec = { name: parseSandboxName("address-b"), source, labels: {}, nesting: false };
    const second = await instances.create(spec, {});
    await instances.destroy(spec.name, {});
    expect(reservations).toBe(2);
    expect(second.status).toBe("running");
    expect(second.addresses).not.toEqual([taken]);
  });
});

async function get(path: string): Promise<void> {
  await using other = createSandboxClient({ backend: incusBackend({ socket: path }) });
  await other.get("any");
}

describe("a daemon that cannot be reached", () => {
  test("no socket, a file in its place, and a socket that nobody listens on are BACKEND_UNAVAILABLE", async () => {
    await expectCode(get(join(directory, "missing.socket")), "BACKEND_UNAVAILABLE");
    await writeFile(join(directory, "file.socket"), "");
    await expectCode(get(join(directory, "file.socket")), "BACKEND_UNAVAILABLE");
  });

  test("one that hangs up is CONNECTION_LOST, and one that talks something else is BACKEND_PROTOCOL", async () => {
    for (const [answer, code] of [
      [undefined, "CONNECTION_LOST"],
      ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"x"', "BACKEND_PROTOCOL"],
    ] as const) {
      const path = join(directory, `${randomUUID()}.socket`);
      const server = createServer((connection) => {
        connection.once("data", () => (answer === undefined ? connection.destroy() : connection.end(answer)));
        connection.on("error", () => {});
      });
      await new Promise<void>((resolve) => {
        server.listen(path, resolve);
      });
      await expectCode(get(path), code);
      server.close();
    }
  });
});
