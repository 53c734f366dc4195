import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createSandboxClient, type OwnedSandbox, type Sandbox, shell } from "@pixels/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";
import { openIncusApi } from "../src/rest/index.ts";

const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket }) });
const source = { kind: "image", image: "debian/12" } as const;
let one: OwnedSandbox;
let other: OwnedSandbox;

beforeAll(async () => {
  [one, other] = await Promise.all([
    client.create({ name: "isolation-a", source, memoryBytes: 256 * 2 ** 20, cpu: 1, processes: 200 }),
    client.create({ name: "isolation-b", source }),
  ]);
});

afterAll(async () => {
  await Promise.all([one, other].map((sandbox) => sandbox[Symbol.asyncDispose]()));
  await client[Symbol.asyncDispose]();
});

async function getAddress(sandbox: Sandbox): Promise<string> {
  return String((await sandbox.info()).addresses[0]);
}

async function run(sandbox: Sandbox, script: string): Promise<{ exitCode: number; stdout: string }> {
  const { status, stdout } = await sandbox.exec(shell(script));
  return { exitCode: status.exitCode, stdout };
}

function withMac(address: string): string {
  return `ip link set eth0 address ${address}`;
}

describe("a sandbox", () => {
  test("has the address that it was given, and reaches its gateway", async () => {
    const address = await getAddress(one);
    const { stdout } = await run(one, "ip -4 -o addr show dev eth0 | awk '{print $4}'");
    expect(stdout.trim().split("/")[0]).toBe(address);
    const gateway = (await run(one, "ip route show default | awk '{print $3}'")).stdout.trim();
    expect((await run(one, `ping -c 1 -W 2 ${gateway}`)).exitCode).toBe(0);
  });

  test("has a limit of processes, also where none was asked for", async () => {
    expect((await other.info()).limits.processes).toBe(4096);
    expect((await run(other, "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max")).stdout.trim()).toBe(
      "4096",
    );
  });

  test("does not reach another sandbox", async () => {
    const address = await getAddress(other);
    expect((await run(other, `timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/22'`)).exitCode).toBe(0);
    expect((await run(one, `timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/22'`)).exitCode).not.toBe(0);
  });

  test("cannot use an address or a MAC that is not its own", async () => {
    const gateway = (await run(one, "ip route show default | awk '{print $3}'")).stdout.trim();
    const forged = gateway.replace(/\.\d+$/, ".253");
    const mac = (await run(one, "cat /sys/class/net/eth0/address")).stdout.trim();
    expect(
      (await run(one, `ip addr add ${forged}/24 dev eth0 && ! ping -c 1 -W 1 -I ${forged} ${gateway}`))
        .exitCode,
    ).toBe(0);
    await run(one, `ip addr del ${forged}/24 dev eth0; ${withMac("10:66:6a:00:00:01")}; ip neigh flush all`);
    expect((await run(one, `ping -c 1 -W 1 ${gateway}`)).exitCode).not.toBe(0);
    await run(one, `${withMac(mac)}; ip neigh flush all`);
    expect((await run(one, `ping -c 2 -W 2 ${gateway}`)).exitCode).toBe(0);
  });

  test("has no socket of Incus inside, and an id map that no other sandbox shares", async () => {
    expect((await run(one, "ls /dev/incus")).exitCode).not.toBe(0);
    const maps = await Promise.all(
      [one, other].map((sandbox) => run(sandbox, "awk '{print $2, $3}' /proc/self/uid_map")),
    );
    const [first, second] = maps.map(({ stdout }) => stdout.trim().split(" ").map(Number));
    expect(first?.[1]).toBe(65_536);
    expect(first?.[0]).not.toBe(second?.[0]);
  });

  test("keeps to its limits of memory, processors and processes", async () => {
    expect((await run(one, "nproc")).stdout.trim()).toBe("1");
    // a limit that is passed ends the command, not the sandbox
    const hog = await run(one, "head -c 600M /dev/zero | tail -c 500M | wc -c");
    expect(hog.stdout.trim()).not.toBe(String(500 * 2 ** 20));
    // the substitution is over when the last sleep is: none is left to take the place of the next command
    const bomb = await run(
      one,
      'said=$(i=0; while [ $i -lt 300 ]; do sleep 3 & i=$((i + 1)); done 2>&1); echo "$said"',
    );
    expect(bomb.stdout).toMatch(/[Cc]annot fork|Resource temporarily unavailable/);
    expect((await run(one, "echo alive")).stdout).toBe("alive\n");
  });
});

describe("what a command is given", () => {
  test.each([
    ["", undefined],
    [" on a terminal", { columns: 80, rows: 24 }],
  ])(
    "its environment and stdin%s show neither in the host's process list nor in the server's operations; its arguments do",
    async (_where, terminal) => {
      const secret = randomUUID();
      const argument = randomUUID();
      await using process = await one.spawn(
        ["sh", "-c", 'echo up; read line; echo "$SECRET $line"', argument],
        { env: { SECRET: secret }, terminal },
      );
      const output = process.output[Symbol.asyncIterator]();
      let seen = "";
      const until = async (text: string): Promise<void> => {
        while (!seen.replaceAll("\r", "").includes(text))
          seen += Buffer.from((await output.next()).value?.data ?? expect.fail(seen)).toString();
      };
      await until("up\n");
      const commandLines = await readCommandLines();
      expect(commandLines.some((line) => line.includes(argument))).toBe(true);
      expect(commandLines.filter((line) => line.includes(secret))).toEqual([]);
      await using api = openIncusApi({ socketPath: socket });
      const { envelope } = await api.transport.request("GET", "/1.0/operations?recursion=1");
      expect(JSON.stringify(envelope)).toContain("pixels");
      expect(JSON.stringify(envelope)).not.toContain(secret);
      // nor is it echoed
      expect(seen).not.toContain(secret);
      await process.write("in\n");
      await until(`${secret} in\n`);
    },
  );
});

async function readCommandLines(): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line !== "");
}
