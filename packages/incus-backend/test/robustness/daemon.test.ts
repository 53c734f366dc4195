import { createSandboxClient, shell } from "@pixels/core";
import type { InstanceEvent } from "@pixels/core/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { countSleepers } from "./support/inside.ts";
import { endIncusd, startIncusd, startTestbed, type Testbed } from "./support/own-daemon.ts";
import { openProxy } from "./support/proxy.ts";

const source = { kind: "image", image: "debian/12" } as const;
/** A connection that was kept may have been cut with the daemon. */
const awayCodes = expect.stringMatching(/^(?:CONNECTION_LOST|BACKEND_UNAVAILABLE)$/) as string;
let daemon: Testbed;
let client: ReturnType<typeof createSandboxClient>;

beforeAll(async () => {
  daemon = await startTestbed({ restartable: true });
  client = createSandboxClient({ backend: incusBackend({ socket: daemon.socketPath, spareLaunchers: 0 }) });
  await client.create({ name: "long", source });
}, 600_000);

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

describe("a daemon that is stopped while a command runs", () => {
  test("waits for it: the command's result comes whole, and calls while it is away are BACKEND_UNAVAILABLE", async () => {
    const sandbox = client.sandbox("long");
    const run = sandbox.exec(shell("touch /run/begun; sleep 3; echo done; exit 5"));
    run.catch(() => {});
    await expect.poll(async () => (await sandbox.exec(["ls", "/run"])).stdout).toContain("begun");
    const ended = endIncusd(daemon, { processSignal: "SIGTERM" });
    const { status, stdout } = await run;
    expect({ exitCode: status.exitCode, stdout }).toEqual({ exitCode: 5, stdout: "done\n" });
    await ended;
    await expect(sandbox.exec(["true"])).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      retryable: true,
    });
    await expect(client.create({ name: "away", source })).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
    });
    await startIncusd(daemon);
    expect((await sandbox.exec(["echo", "back"])).stdout).toBe("back\n");
  });
});

describe("a job", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)(
    "goes on while the daemon is ended by %s, which does not wait for it, and tells all once it is back",
    async (processSignal) => {
      const sandbox = client.sandbox("long");
      const { id } = await sandbox.jobs.start(
        shell("echo begun; while [ ! -e /run/go ]; do sleep 0.1; done; echo done; exit 6"),
      );
      await endIncusd(daemon, { processSignal });
      await expect(sandbox.jobs.read(id)).rejects.toMatchObject({ code: awayCodes });
      await startIncusd(daemon);
      expect(await sandbox.jobs.get(id)).toMatchObject({ state: "running" });
      await sandbox.exec(["touch", "/run/go"]);
      await expect.poll(async () => (await sandbox.jobs.get(id)).status).toEqual({ exitCode: 6 });
      const { chunks } = await sandbox.jobs.read(id);
      expect(chunks.map(({ data }) => Buffer.from(data).toString())).toEqual(["begun\ndone\n"]);
      await sandbox.exec(["rm", "/run/go"]);
    },
  );
});

describe("a daemon that is killed", () => {
  test.each([
    ["command", undefined],
    ["command on a terminal", { columns: 80, rows: 24 }],
  ])(
    "while a %s runs: it is CONNECTION_LOST; later calls of the same client work, and nothing of the command is left",
    async (_what, terminal) => {
      const sandbox = client.sandbox("long");
      const run = sandbox.exec(shell("trap '' HUP; setsid sleep 8201 & sleep 8201; exit 0"), { terminal });
      run.catch(() => {});
      await expect.poll(() => countSleepers(sandbox, "8201")).toBe(2);
      await endIncusd(daemon, { processSignal: "SIGKILL" });
      await expect(run).rejects.toMatchObject({ code: "CONNECTION_LOST" });
      await startIncusd(daemon);
      expect((await sandbox.exec(["echo", "back"])).stdout).toBe("back\n");
      await expect.poll(() => countSleepers(sandbox, "8201"), { timeout: 20_000 }).toBe(0);
    },
  );

  test.each(["creating", "starting", "booting"])(
    "while a create is %s: the create fails, and after the restart nothing of it is left",
    async (phase) => {
      let killed: Promise<void> | undefined;
      const create = client.create(
        { name: "half", source },
        {
          onProgress: (told) => {
            if (told === phase) killed = endIncusd(daemon, { processSignal: "SIGKILL" });
          },
        },
      );
      await expect(create).rejects.toMatchObject({
        code: awayCodes,
      });
      await killed;
      await startIncusd(daemon);
      await client.collectAbandoned();
      expect(await daemon.listInstances()).toEqual(["px-long"]);
      await using again = await client.create({ name: "half", source });
      expect((await again.exec(["true"])).status.exitCode).toBe(0);
    },
  );
});

describe("watch", () => {
  test("goes on over a connection that was cut, and tells what happened in between", async () => {
    await using proxy = await openProxy(daemon.socketPath);
    await using watcher = createSandboxClient({ backend: incusBackend({ socket: proxy.socketPath }) });
    await client.create({ name: "gap-gone", source });
    await client.create({ name: "gap-stopped", source });
    const abort = new AbortController();
    const events: InstanceEvent[] = [];
    const watching = (async () => {
      for await (const event of watcher.watch({ signal: abort.signal })) events.push(event);
    })();
    await expect.poll(() => events).toEqual([{ kind: "watching" }]);
    proxy.setMode("hangUp");
    proxy.cutAll();
    await client.sandbox("gap-gone").destroy();
    await client.sandbox("gap-stopped").stop({ graceMs: 0 });
    await client.create({ name: "gap-new", source });
    expect(events).toEqual([{ kind: "watching" }]);
    proxy.setMode("pass");
    await expect
      .poll(() => events, { timeout: 15_000 })
      .toEqual([
        { kind: "watching" },
        { kind: "deleted", name: "gap-gone" },
        { kind: "created", name: "gap-new" },
        { kind: "started", name: "gap-new" },
        { kind: "stopped", name: "gap-stopped" },
      ]);
    await client.sandbox("gap-new").destroy();
    await expect.poll(() => events.at(-1)).toEqual({ kind: "deleted", name: "gap-new" });
    await client.sandbox("gap-stopped").destroy();
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(watching).rejects.toBe(reason);
  });
});
