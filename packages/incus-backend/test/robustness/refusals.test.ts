import { createServer } from "node:net";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandboxClient, expectSuccess, type PixelsErrorCode, shell } from "@pixels/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { IncusApiError, openIncusApi } from "../../src/rest/index.ts";
import { startTestbed, type Testbed } from "./support/own-daemon.ts";
import { runProgram } from "./support/run-program.ts";

const source = { kind: "image", image: "debian/12" } as const;
/** Arguments of 100,000 bytes each. */
const fill = (count: number): string[] => Array.from({ length: count }, () => "y".repeat(100_000));
let small: Testbed;
let client: ReturnType<typeof createSandboxClient>;

beforeAll(async () => {
  small = await startTestbed({ poolBytes: 512 * 2 ** 20 });
  client = createSandboxClient({ backend: incusBackend({ socket: small.socketPath, imageServer: "none" }) });
}, 600_000);

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await small[Symbol.asyncDispose]();
});

async function expectCode(call: Promise<unknown>, code: PixelsErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ code, next: expect.any(String) as string });
}

describe("a full pool", () => {
  test("refuses a create with CAPACITY_EXHAUSTED and leaves nothing of it, and takes one again once there is room", async () => {
    await using hog = await client.create({ name: "hog", source });
    await hog.exec(shell("dd if=/dev/urandom of=/fill bs=1M; dd if=/dev/urandom of=/rest bs=4k; sync; true"));
    for (const name of ["no-room-a", "no-room-b", "no-room-c"]) {
      await expectCode(client.create({ name, source }), "CAPACITY_EXHAUSTED");
      expect(await small.listInstances()).toEqual(["px-hog"]);
    }
    await hog.exec(["rm", "/fill", "/rest"]);
    await hog.destroy();
    await using again = await client.create({ name: "room", source });
    expect((await again.exec(["true"])).status.exitCode).toBe(0);
  }, 180_000);
});

describe("a daemon that lacks what sandboxes need", () => {
  test("an empty default profile, no bridge, and several bridges are BACKEND_MISCONFIGURED", async () => {
    await using bare = await startTestbed();
    await using api = openIncusApi({ socketPath: bare.socketPath });
    const open = (pool?: string) =>
      createSandboxClient({ backend: incusBackend({ socket: bare.socketPath, pool }) });
    await api.profiles.put("default", { config: {}, devices: {} });
    await using withoutPool = open();
    await expectCode(withoutPool.create({ name: "any", source }), "BACKEND_MISCONFIGURED");
    await using withPool = open("default");
    await api.networks.create({
      name: "second0",
      type: "bridge",
      config: { "ipv4.address": "none", "ipv6.address": "none" },
    });
    await expectCode(withPool.create({ name: "any", source }), "BACKEND_MISCONFIGURED");
    await api.transport.request("DELETE", "/1.0/networks/second0");
    await api.transport.request("DELETE", "/1.0/networks/incusbr0");
    await expectCode(withPool.create({ name: "any", source }), "BACKEND_MISCONFIGURED");
    expect(await bare.listInstances()).toEqual([]);
  });

  test("no image of that name is IMAGE_NOT_FOUND and leaves nothing", async () => {
    await expectCode(
      client.create({ name: "imageless", source: { kind: "image", image: "nowhere/1" } }),
      "IMAGE_NOT_FOUND",
    );
    expect(await small.listInstances()).toEqual([]);
  });
});

describe("calls that meet another operation", () => {
  test("a start of a sandbox that is being stopped is SANDBOX_BUSY, and both calls leave it usable", async () => {
    const socket = inject("incusSocket");
    await using shared = createSandboxClient({ backend: incusBackend({ socket }) });
    await using sandbox = await shared.create({ name: "busy", source });
    await using api = openIncusApi({ socketPath: socket });
    // a stop that takes its time: init waits for a service that does not listen
    const service = ["sh", "-c", "trap '' TERM; touch /run/deaf; while :; do sleep 1; done"] as const;
    expectSuccess(await sandbox.exec(["systemd-run", "--quiet", ...service]));
    expectSuccess(await sandbox.exec(shell("until [ -e /run/deaf ]; do sleep 0.05; done")));
    const stopping = api.instanceState.put("px-busy", { action: "stop", timeout: 3 });
    stopping.catch(() => {});
    // a change that comes before the stop would have the stop refused
    const listRunning = async (): Promise<readonly unknown[]> =>
      (await api.operations.list()).flatMap(({ resources }) => resources?.["instances"] ?? []);
    await expect.poll(listRunning).toContain("/1.0/instances/px-busy");
    await expectCode(sandbox.update({ labels: { any: "2" } }), "SANDBOX_BUSY");
    await expect(stopping).rejects.toBeInstanceOf(IncusApiError);
    await sandbox.stop({ graceMs: 0 });
    await sandbox.start();
    expect((await sandbox.exec(["true"])).status.exitCode).toBe(0);
  });

  test("a start of a frozen sandbox thaws it", async () => {
    const socket = inject("incusSocket");
    await using shared = createSandboxClient({ backend: incusBackend({ socket }) });
    await using sandbox = await shared.create({ name: "frozen", source });
    await using api = openIncusApi({ socketPath: socket });
    await api.instanceState.put("px-frozen", { action: "freeze" });
    await expectCode(sandbox.exec(["true"]), "SANDBOX_NOT_RUNNING");
    await sandbox.start();
    expect((await sandbox.exec(["true"])).status.exitCode).toBe(0);
  });

  test("a create that is refused leaves its address to the next", async () => {
    const socket = inject("incusSocket");
    await using api = openIncusApi({ socketPath: socket });
    // room for one, in a network that is the private daemon's alone (TEST-NET-3, RFC 5737)
    const config = { "ipv4.address": "203.0.113.1/30", "ipv6.address": "none" };
    await api.networks.create({ name: "pxnarrow", type: "bridge", config });
    {
      await using shared = createSandboxClient({ backend: incusBackend({ socket }) });
      await using taken = await shared.create({ name: "taken", source });
      await using narrow = createSandboxClient({ backend: incusBackend({ socket, network: "pxnarrow" }) });
      await expectCode(narrow.create({ name: taken.name, source }), "SANDBOX_ALREADY_EXISTS");
      await using next = await narrow.create({ name: "narrow", source });
      expect((await next.info()).addresses).toEqual(["203.0.113.2"]);
    }
  });

  test("arguments that the kernel does not take are refused with a code, and the next command runs", async () => {
    await using shared = createSandboxClient({ backend: incusBackend({ socket: inject("incusSocket") }) });
    await using sandbox = await shared.create({ name: "arguments", source });
    await expectCode(sandbox.exec(["true", "x".repeat(131_072)]), "ARGUMENT_TOO_LONG");
    // each is short enough, all together are not
    await expectCode(sandbox.exec(["true", ...fill(21)]), "ARGUMENT_TOO_LONG");
    expect((await sandbox.exec(["true", ...fill(15)])).status.exitCode).toBe(0);
    expect((await sandbox.exec(["echo", "on"])).stdout).toBe("on\n");
  });
});

describe("without permission", () => {
  test("a closed directory and a closed socket are BACKEND_UNAUTHORIZED, whose next step names the group", async () => {
    const directory = await mkdtemp(join(tmpdir(), "pixels-closed-"));
    const path = join(directory, "unix.socket");
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(path, resolve);
    });
    try {
      for (const [directoryMode, socketMode] of [
        [0o700, 0o666],
        [0o755, 0o600],
      ] as const) {
        await chmod(directory, directoryMode);
        await chmod(path, socketMode);
        const { values, stderr } = await runProgram("nobody.mjs", { args: [path] });
        expect(stderr).toBe("");
        expect(values).toEqual([
          { code: "BACKEND_UNAUTHORIZED", next: expect.stringContaining("incus-admin") as string },
        ]);
      }
    } finally {
      server.close();
      await rm(directory, { recursive: true });
    }
  });
});
