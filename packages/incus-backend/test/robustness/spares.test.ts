import { createSandboxClient, type OwnedSandbox, PixelsError, shell } from "@pixels/core";
import { poll } from "@pixels/core/backend";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { listCgroups, waitUntilEmpty } from "./support/inside.ts";
import { runProgram } from "./support/run-program.ts";

const socket = inject("incusSocket");
const observer = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
let sandbox: OwnedSandbox;

beforeAll(async () => {
  sandbox = await observer.create({ name: "spares", source: { kind: "image", image: "debian/12" } });
});

beforeEach(async () => {
  await waitUntilEmpty(sandbox, 20_000);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await observer[Symbol.asyncDispose]();
});

function openClient(spareLaunchers?: number) {
  return createSandboxClient({ backend: incusBackend({ socket, spareLaunchers }) });
}

async function expectWaiting(count: number, timeoutMs = 10_000): Promise<void> {
  await expect.poll(async () => (await listCgroups(sandbox)).length, { timeout: timeoutMs }).toBe(count);
}

/** Kills launchers that have no command yet, as far as can be told from outside: their cgroup holds the shell that reads, and nothing else. */
const killOne = shell(
  `cd /sys/fs/cgroup; [ -d systemd ] && cd systemd
own=$(sed -n 's|.*:name=systemd:/||p;s|^0::/||p' /proc/self/cgroup | grep px | head -1)
for c in $(ls -d px.* | grep -vx "$own" | shuf -n 1); do read -r p <$c/cgroup.procs && kill -9 $(sed 's/.*) //' /proc/$p/stat | cut -d' ' -f2); done 2>/dev/null; true`,
);

describe("launchers that wait", () => {
  test("are as many as asked for after a command, none after dispose, and 0 turns them off", async () => {
    for (const count of [2, 3, 0]) {
      const client = openClient(count);
      await client.sandbox("spares").exec(["true"]);
      await expectWaiting(count);
      await client[Symbol.asyncDispose]();
      await expectWaiting(0);
    }
  });

  test("are gone some time after the last command while the client lives", async () => {
    await using client = openClient();
    await client.sandbox("spares").exec(["true"]);
    await expectWaiting(2);
    await expectWaiting(0, 40_000);
    expect((await client.sandbox("spares").exec(["echo", "on"])).stdout).toBe("on\n");
    await expectWaiting(2);
  });

  test("that were killed are replaced, and no command is lost", async () => {
    await using client = openClient();
    const same = client.sandbox("spares");
    for (let round = 0; round < 10; round++) {
      // a command looks after them; that one has died shows a moment later
      const countAfterCommand = async () => {
        await same.exec(["true"]);
        return (await listCgroups(sandbox)).length;
      };
      await expect.poll(countAfterCommand, { timeout: 10_000, interval: 200 }).toBe(2);
      // not waited for: the command may meet one that is dying
      const killed = Promise.all([sandbox.exec(killOne), sandbox.exec(killOne)]);
      expect((await same.exec(["echo", String(round)])).stdout).toBe(`${round}\n`);
      await killed;
    }
  });

  test("lose no command and run none twice while another client kills them at random", async () => {
    await using client = openClient();
    const same = client.sandbox("spares");
    await sandbox.exec(shell(": >/root/lines"));
    const told = { ended: new Set<string>(), broken: new Set<string>() };
    let next = 0;
    async function work(): Promise<void> {
      for (let run = next++; run < 300; run = next++) {
        const line = `line-${run}`;
        try {
          const { status } = await same.exec(["sh", "-c", "echo $0 >>/root/lines", line]);
          (status.exitCode === 0 ? told.ended : told.broken).add(line);
        } catch (error) {
          if (!PixelsError.is(error)) throw error;
          told.broken.add(line);
        }
      }
    }
    const finished = new AbortController();
    let kills = 0;
    const killer = (async () => {
      for (; !finished.signal.aborted; kills++) await sandbox.exec(killOne);
    })();
    await Promise.all([work(), work()]).finally(() => finished.abort());
    await killer;
    const lines = (await sandbox.exec(["cat", "/root/lines"])).stdout.trim().split("\n");
    // none twice, each that ended well once, and of those that were killed as they ran it was told
    expect(new Set(lines).size).toBe(lines.length);
    expect([...told.ended].filter((line) => !lines.includes(line))).toEqual([]);
    expect(told.ended.size + told.broken.size).toBe(300);
    expect(told.ended.size).toBeGreaterThan(150);
    expect(kills).toBeGreaterThan(20);
  }, 120_000);

  test("do not hold up a clean stop, and are closed by it", async () => {
    await using client = openClient();
    const same = client.sandbox("spares");
    await same.exec(["true"]);
    await expectWaiting(2);
    await same.stop({ graceMs: 100_000, timeoutMs: 50_000 });
    expect((await same.info()).status).toBe("stopped");
    await same.start();
    expect(await listCgroups(sandbox)).toEqual([]);
    expect((await same.exec(["echo", "up"])).stdout).toBe("up\n");
  });

  test("do not keep a program alive that forgot to dispose, and end with it", async () => {
    const { code, values, stderr } = await runProgram("forgetful.mjs", { args: [socket, "spares"] });
    expect({ code, values, stderr }).toEqual({ code: 0, values: [{ exitCode: 0 }], stderr: "" });
    await expectWaiting(0);
  });
});

test("a sandbox that is removed by another client takes its launchers along, and a new one of that name gets new ones", async () => {
  await using client = openClient();
  const request = { name: "spares-again", source: { kind: "image", image: "debian/12" } } as const;
  await observer.create(request);
  const same = client.sandbox("spares-again");
  await same.exec(["true"]);
  await observer.sandbox("spares-again").destroy();
  await using again = await observer.create(request);
  const { stdout } = await poll(
    () =>
      same
        .exec(["echo", "new"])
        .catch((error: unknown) => (PixelsError.is(error) ? undefined : Promise.reject(error))),
    { what: "a command in the new sandbox", timeoutMs: 10_000, intervalMs: 100 },
  );
  expect(stdout).toBe("new\n");
  expect((await again.info()).status).toBe("running");
});
