import { createHash } from "node:crypto";
import { createSandboxClient, type OwnedSandbox, shell } from "@pixels/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { waitUntilEmpty } from "./support/inside.ts";
import { runProgram } from "./support/run-program.ts";

const MIB = 2 ** 20;
const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
let sandbox: OwnedSandbox;

beforeAll(async () => {
  sandbox = await client.create({ name: "output", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

function hashOf(count: number, letter: string): string {
  const hash = createHash("sha256");
  const block = Buffer.alloc(MIB, letter);
  for (let index = 0; index < count; index++) hash.update(block);
  return hash.digest("hex");
}

describe("much data comes whole, and memory stays flat", () => {
  test.each([
    ["200 MiB of output", "output", 200, "x", 7],
    ["200 MiB of output with a slow reader", "slow-output", 200, "x", 7],
    ["200 MiB of stdin", "input", 200, "y", 0],
  ] as const)(
    "%s",
    async (_title, direction, count, letter, exitCode) => {
      const { values, code, stderr } = await runProgram("memory.mjs", {
        args: [socket, "output", direction],
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const [result] = values;
      expect(result).toMatchObject({ bytes: count * MIB, hash: hashOf(count, letter), exitCode });
      expect(Number(result?.["growthBytes"])).toBeLessThan(64 * MIB);
    },
    120_000,
  );

  test("a reader that takes nothing holds the command back", async () => {
    await using process = await sandbox.spawn(
      shell("for i in $(seq 64); do head -c 1M /dev/zero; echo $i >/tmp/written; done"),
    );
    const readWritten = async () => Number((await sandbox.exec(["cat", "/tmp/written"])).stdout);
    let written = -1;
    // until it stands still
    for (let next = 0; next !== written; next = await readWritten()) {
      written = next;
      await sandbox.exec(["sleep", "0.3"]);
    }
    expect(written).toBeLessThan(40);
    let bytes = 0;
    for await (const { data } of process.output) bytes += data.length;
    expect(bytes).toBe(64 * MIB);
    expect((await process.wait()).exitCode).toBe(0);
  });
});

test("200 commands that all run at once have their own exit codes and outputs", async () => {
  await using runs = await client.create({
    name: "output-many",
    source: { kind: "image", image: "debian/12" },
    processes: 4096,
  });
  await runs.exec(["mkfifo", "/run/go"]);
  // none ends before the last has begun: opening a pipe waits for its other end
  const script =
    'touch /run/began.$1; : </run/go; rm /run/began.$1; echo "out $1"; echo "err $1" >&2; exit $(($1 % 120))';
  const all = Array.from({ length: 200 }, (_, index) =>
    runs.exec(["sh", "-c", script, "many", String(index)], { timeoutMs: 100_000 }),
  );
  // calls beside them go through, however many commands there are that have not ended
  const countBegun = async () => Number((await runs.exec(shell("ls /run | grep -c began"))).stdout);
  await expect.poll(countBegun, { timeout: 90_000, interval: 500 }).toBe(200);
  const opened = await runs.exec(
    shell("exec 3<>/run/go; while ls /run | grep -q began; do sleep 0.2; done; echo all"),
  );
  expect(opened.stdout).toBe("all\n");
  const results = await Promise.all(all);
  expect(results.map(({ status, stdout, stderr }) => [status.exitCode, stdout, stderr])).toEqual(
    results.map((_, index) => [index % 120, `out ${index}\n`, `err ${index}\n`]),
  );
  await waitUntilEmpty(runs, 20_000);
}, 120_000);

const endings = [
  ["exit 0", { exitCode: 0, signal: undefined }],
  ["exit 1", { exitCode: 1, signal: undefined }],
  ["exit 125", { exitCode: 125, signal: undefined }],
  ["exit 126", { exitCode: 126, signal: undefined }],
  ["exit 127", { exitCode: 127, signal: undefined }],
  ["exit 255", { exitCode: 255, signal: undefined }],
  ["kill -TERM $$", { exitCode: 143, signal: "TERM" }],
  ["kill -KILL $$", { exitCode: 137, signal: "KILL" }],
  ["kill -SEGV $$", { exitCode: 139, signal: "SEGV" }],
  ["kill -INT $$", { exitCode: 130, signal: "INT" }],
] as const;

test.each([0, 2])(
  "500 quick runs end with the right exit codes and signals with %d launchers waiting",
  async (spareLaunchers) => {
    await using other = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers }) });
    const same = other.sandbox("output");
    let next = 0;
    const wrong: unknown[] = [];
    async function work(): Promise<void> {
      for (let run = next++; run < 500; run = next++) {
        const [script, wanted] = endings[run % endings.length] ?? endings[0];
        const { status, stdout } = await same.exec(shell(`printf ${run}; ${script}`));
        if (status.exitCode !== wanted.exitCode || status.signal !== wanted.signal || stdout !== String(run))
          wrong.push({ run, script, status, stdout });
      }
    }
    await Promise.all([work(), work(), work()]);
    expect(wrong).toEqual([]);
  },
  120_000,
);
