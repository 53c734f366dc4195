import { setTimeout as sleep } from "node:timers/promises";
import {
  createSandboxClient,
  expectSuccess,
  type OwnedSandbox,
  PixelsError,
  type Sandbox,
  shell,
} from "@pixels/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { countSleepers, waitUntilEmpty } from "./support/inside.ts";
import { openProxy } from "./support/proxy.ts";
import { runProgram } from "./support/run-program.ts";

const JOBS = "/var/lib/pixels/jobs";
const WAIT_MS = 20_000;
const socket = inject("incusSocket");
const direct = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
let owned: OwnedSandbox;

beforeAll(async () => {
  owned = await direct.create({ name: "jobs", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await owned[Symbol.asyncDispose]();
  await direct[Symbol.asyncDispose]();
});

async function run(script: string): Promise<string> {
  return expectSuccess(await owned.exec(shell(script))).stdout;
}

async function idsOf(): Promise<readonly string[]> {
  return (await owned.jobs.list()).map(({ id }) => id);
}

/** Runs a job that writes so much, and gives its id. */
async function writeJob(mib: number): Promise<string> {
  const { id } = await owned.jobs.start(shell(`head -c ${mib * 1024 * 1024} /dev/zero`));
  // the output itself is of no interest
  await expect.poll(async () => (await owned.jobs.get(id)).state).toBe("exited");
  return id;
}

/** All that the job has written to stdout, and its exit code, once it has ended. */
async function readToEnd(sandbox: Sandbox, id: string) {
  let text = "";
  let cursor: string | undefined;
  for (;;) {
    const read = await sandbox.jobs.read(id, { cursor, waitMs: WAIT_MS });
    for (const { stream, data } of read.chunks) if (stream === "stdout") text += Buffer.from(data).toString();
    cursor = read.cursor;
    if (read.end)
      return { text, exitCode: read.status?.exitCode, state: read.state, incomplete: read.incomplete };
  }
}

/** Every folder with anything in it is that of a job which has begun. */
async function expectNothingHalfMade(): Promise<void> {
  await waitUntilEmpty(owned);
  expect(
    await run(`cd ${JOBS}; for d in *; do [ -s "$d/job" ] || ls -d "$d"/*; done 2>/dev/null; true`),
  ).toBe("");
}

describe("a job", () => {
  test("goes on, and tells all, when the client that started it was killed", async () => {
    const { code, values } = await runProgram("job.mjs", { args: [socket, "jobs"] });
    expect(code).toBeNull();
    const { text, exitCode } = await readToEnd(owned, String(values[0]?.["id"]));
    expect([text, exitCode]).toEqual(["begun\ndone\n", 6]);
    await expectNothingHalfMade();
  });

  test("goes on when every connection is cut, and a reading that is cut loses nothing", async () => {
    await using proxy = await openProxy(socket);
    await using client = createSandboxClient({
      backend: incusBackend({ socket: proxy.socketPath, spareLaunchers: 0 }),
    });
    const sandbox = client.sandbox("jobs");
    const { id } = await sandbox.jobs.start(shell("echo begun; read -r x; echo done; exit 8"), {
      stdin: "open",
    });
    const first = await sandbox.jobs.read(id, { waitMs: WAIT_MS });
    const reading = sandbox.jobs.read(id, { cursor: first.cursor, waitMs: WAIT_MS });
    reading.catch(() => {});
    // the script that reads, with the job's id and the cursor as its arguments
    const search = shell("grep -lzxF -f - /proc/[0-9]*/cmdline; true");
    await expect.poll(async () => (await owned.exec(search, { stdin: id })).stdout).not.toBe("");
    proxy.cutAll();
    await expect(reading).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await sandbox.jobs.write(id, "go\n");
    expect(await readToEnd(sandbox, id)).toMatchObject({ text: "begun\ndone\n", exitCode: 8 });
  });

  test("that is being started when the connection is cut runs once or not at all, and which of them is told", async () => {
    await using proxy = await openProxy(socket);
    const client = createSandboxClient({ backend: incusBackend({ socket: proxy.socketPath }) });
    const sandbox = client.sandbox("jobs");
    await run(": >/root/lines");
    const started = new Map<number, string>();
    const failed = new Map<number, PixelsError>();
    for (let moment = 0; moment < 60; moment++) {
      const starting = sandbox.jobs.start(["sh", "-c", "echo $0 >>/root/lines", String(moment)]);
      starting.catch(() => {});
      await sleep(moment % 30);
      proxy.cutAll();
      try {
        started.set(moment, (await starting).id);
      } catch (error) {
        if (!PixelsError.is(error)) throw error;
        failed.set(moment, error);
      }
    }
    await client[Symbol.asyncDispose]();
    for (const id of started.values()) await readToEnd(owned, id);
    await expectNothingHalfMade();
    const lines = (await run("cat /root/lines")).trim().split("\n").map(Number);
    expect(new Set(lines).size).toBe(lines.length);
    expect([...started.keys()].filter((moment) => !lines.includes(moment))).toEqual([]);
    const known = new Set((await owned.jobs.list()).map(({ id }) => id));
    for (const [moment, { code, context }] of failed) {
      expect(code).toBe("CONNECTION_LOST");
      const { job } = context;
      expect(lines.includes(moment)).toBe(typeof job === "string" && known.has(job));
    }
    expect(started.size).toBeGreaterThan(0);
    expect(failed.size).toBeGreaterThan(0);
  });

  test("is neither lost nor run twice when the launchers that wait for it are killed at random", async () => {
    await using client = createSandboxClient({ backend: incusBackend({ socket }) });
    const sandbox = client.sandbox("jobs");
    await run(": >/root/lines");
    const finished = new AbortController();
    // nothing inside is the parent of a launcher
    const kill = shell(
      `for p in /proc/[0-9]*; do grep -q '^PPid:.0$' $p/status && grep -q 'setsid -f' $p/cmdline && kill -9 \${p#/proc/}; done 2>/dev/null; true`,
    );
    const killer = (async () => {
      while (!finished.signal.aborted) await owned.exec(kill);
    })();
    const told = { started: new Set<string>(), refused: 0 };
    for (let number = 0; number < 60; number++) {
      try {
        const { id } = await sandbox.jobs.start(["sh", "-c", "echo $0 >>/root/lines", `line-${number}`]);
        await sandbox.jobs.read(id, { waitMs: WAIT_MS });
        told.started.add(`line-${number}`);
      } catch (error) {
        if (!PixelsError.is(error)) throw error;
        told.refused++;
      }
      await sleep(60);
    }
    finished.abort();
    await killer;
    const lines = (await run("cat /root/lines")).trim().split("\n");
    expect(new Set(lines).size).toBe(lines.length);
    expect([...told.started].filter((line) => !lines.includes(line))).toEqual([]);
    expect(told.started.size).toBeGreaterThan(20);
  });
});

describe("what is kept of jobs", () => {
  test("is nobody's to read but root's, and has no variable's value in it", async () => {
    const secret = `secret-${Math.random()}`;
    const { id } = await owned.jobs.start(["sh", "-c", 'read -r x; test -n "$TOKEN"'], {
      env: { TOKEN: secret },
      stdin: "open",
    });
    for (const where of [`-r ${JOBS}`, "/proc/[0-9]*/cmdline"]) {
      const search = shell(`grep -lF -f - ${where} 2>/dev/null; true`);
      expect(expectSuccess(await owned.exec(search, { stdin: secret })).stdout).toBe("");
    }
    expect(await run(`su nobody -s /bin/sh -c 'ls ${JOBS} 2>&1'; true`)).toContain("Permission denied");
    await owned.jobs.closeStdin(id);
    expect(await readToEnd(owned, id)).toMatchObject({ exitCode: 0 });
  });

  test("is cleared away after a week, also of jobs that were lost, and never of one that runs", async () => {
    const [old, lost, young, running] = await Promise.all([
      owned.jobs.start(["true"]),
      owned.jobs.start(["sleep", "8301"]),
      owned.jobs.start(["true"]),
      owned.jobs.start(["cat"], { stdin: "open" }),
    ]);
    await Promise.all([old, young].map(({ id }) => readToEnd(owned, id)));
    await run(`kill -9 $(cut -d' ' -f1 ${JOBS}/${lost.id}/run)`);
    expect(await readToEnd(owned, lost.id)).toMatchObject({ state: "lost", exitCode: undefined });
    const files = [`${old.id}/status`, lost.id, running.id, `${running.id}/job`];
    await run(`cd ${JOBS}; touch -d '8 days ago' ${files.join(" ")}`);
    await readToEnd(owned, (await owned.jobs.start(["true"])).id);
    await expect.poll(idsOf).not.toContain(lost.id);
    const left = await idsOf();
    expect(left).not.toContain(old.id);
    expect(left).toEqual(expect.arrayContaining([young.id, running.id]));
    await owned.jobs.signal(running.id, "KILL");
    await owned.exec(["pkill", "-f", "sleep 8301"]);
  });

  test("is cleared away, the oldest first, where it grows too large together, but never the latest", async () => {
    const [first, second] = [await writeJob(150), await writeJob(100)];
    expect(await idsOf()).toEqual(expect.arrayContaining([first, second]));
    const third = await writeJob(20);
    await expect.poll(idsOf).not.toContain(first);
    expect(await idsOf()).toEqual(expect.arrayContaining([second, third]));
    const huge = await writeJob(300);
    await expect.poll(idsOf).toEqual([huge]);
  });

  test("has an end though something that left the job's cgroup holds its output open", async () => {
    const script = `(cd /sys/fs/cgroup; [ -d systemd ] && cd systemd; echo 0 >cgroup.procs; exec sleep 8302) & sleep 0.3; echo done; exit 2`;
    const { id } = await owned.jobs.start(shell(script));
    expect(await readToEnd(owned, id)).toMatchObject({ text: "done\n", exitCode: 2, state: "exited" });
    expect(await countSleepers(owned, "8302")).toBe(1);
    await owned.exec(["pkill", "-f", "sleep 8302"]);
  });

  test("is said to be incomplete where the sandbox is full, and its exit code comes when there is room again", async () => {
    await using small = await direct.create({
      name: "jobs-full",
      source: { kind: "image", image: "debian/12" },
    });
    const { id } = await small.jobs.start(shell("read -r x; head -c 60000000 /dev/urandom; exit 3"), {
      stdin: "open",
    });
    const fill = "head -c 90000000 /dev/urandom >/root/room; sync; df --output=used -B1 / | tail -1";
    const used = Number(expectSuccess(await small.exec(shell(fill))).stdout);
    await small.update({ diskBytes: used + 20_000_000 });
    await small.jobs.closeStdin(id);
    const isIncomplete = async () => (await small.jobs.read(id, { maxBytes: 1 })).incomplete;
    await expect.poll(isIncomplete).toBe(true);
    await small.exec(["rm", "/root/room"]);
    await expect.poll(async () => (await small.jobs.get(id)).status).toEqual({ exitCode: 3 });
  });
});
