import { createHash } from "node:crypto";
import { expect } from "vitest";
import { poll } from "../../backend/poll.ts";
import { type Command, shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { JobOutput, StartJobOptions } from "../../jobs.ts";
import type { Sandbox } from "../../sandbox.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

const WAIT_MS = 20_000;
const MANY = 50;

/** Everything that a job has written, once it has ended. */
interface EndedJob {
  readonly id: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly last: JobOutput;
}

/** Reads to the end, by the cursor of each reading. */
async function readToEnd(
  sandbox: Sandbox,
  id: string,
  options: { readonly maxBytes?: number } = {},
): Promise<EndedJob> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[], terminal: [] as Uint8Array[] };
  let cursor: string | undefined;
  for (;;) {
    const last = await sandbox.jobs.read(id, { cursor, waitMs: WAIT_MS, ...options });
    for (const { stream, data } of last.chunks) parts[stream].push(data);
    cursor = last.cursor;
    if (last.end)
      return { id, stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr), last };
  }
}

async function runJob(sandbox: Sandbox, command: Command, options?: StartJobOptions): Promise<EndedJob> {
  const { id } = await sandbox.jobs.start(command, options);
  return await readToEnd(sandbox, id);
}

/** Waits until the job has written the text. */
async function untilWritten(sandbox: Sandbox, id: string, text: string): Promise<void> {
  const seen = async (): Promise<true | undefined> => {
    const { chunks } = await sandbox.jobs.read(id, { waitMs: WAIT_MS });
    return chunks.some(({ data }) => Buffer.from(data).includes(text)) ? true : undefined;
  };
  await poll(seen, { what: `${text} of a job`, timeoutMs: WAIT_MS, intervalMs: 50 });
}

/** Commands that belong to the sandbox. */
export const jobs = {
  "jobs:output-and-status": async ({ sandbox }) => {
    const { id, stdout, stderr, last } = await runJob(sandbox, shell("echo out; echo err >&2; exit 7"));
    expect([stdout.toString(), stderr.toString()]).toEqual(["out\n", "err\n"]);
    expect(last).toMatchObject({ state: "exited", status: { exitCode: 7 }, incomplete: false });
    const info = await sandbox.jobs.get(id);
    expect(info).toMatchObject({ id, state: "exited", status: { exitCode: 7 } });
    expect(info.command).toEqual(shell("echo out; echo err >&2; exit 7"));
    expect(info.endedAt?.getTime()).toBeGreaterThanOrEqual(info.startedAt.getTime());
    expect((await runJob(sandbox, ["/no/such/program"])).last.status).toMatchObject({ exitCode: 127 });
    const killed = await runJob(sandbox, shell("kill -KILL $$"));
    expect(killed.last.status).toEqual({ exitCode: 137, signal: "KILL" });
    expect(killed.stderr.toString()).toBe("");
  },

  "jobs:as-exec": async ({ sandbox }) => {
    const words = [
      "",
      " ",
      "it's",
      '"',
      "$(id)",
      "${HOME}",
      "a\nb",
      "größer 🦊",
      "\\",
      "-n",
      "x".repeat(9000),
    ];
    const printed = await runJob(sandbox, ["printf", "<%s>\\n", ...words]);
    expect(printed.stdout.toString()).toBe(words.map((word) => `<${word}>\n`).join(""));
    expect((await sandbox.jobs.get(printed.id)).command).toEqual(["printf", "<%s>\\n", ...words]);
    const long = Array.from({ length: 12 }, () => "x".repeat(100_000));
    const { id } = await runJob(sandbox, ["true", ...long]);
    expect((await sandbox.jobs.get(id)).command).toEqual(["true", ...long]);
    const what = shell('id -u; pwd; umask; printf "%s|" "$HOME" "$PATH" "$ODD"; ls -l /proc/self/fd | wc -l');
    const options = { cwd: "/usr", env: { ODD: "it's $(id)\n" } };
    const { stdout: asExec } = expectSuccess(await sandbox.exec(what, options));
    expect((await runJob(sandbox, what, options)).stdout.toString()).toBe(asExec);
    expect((await runJob(sandbox, ["id", "-u"], { root: true })).stdout.toString()).toBe("0\n");
    const cwd = "/no/such/directory";
    const before = await sandbox.jobs.list();
    await expect(sandbox.jobs.start(["pwd"], { cwd })).rejects.toMatchObject({
      code: "WORKING_DIRECTORY_NOT_FOUND",
    });
    expect(await sandbox.jobs.list()).toEqual(before);
  },

  "jobs:read-waits": async ({ sandbox }) => {
    const { id } = await sandbox.jobs.start(["sh", "-c", 'read -r x; echo "got $x"; read -r x'], {
      stdin: "open",
    });
    const none = await sandbox.jobs.read(id);
    expect(none).toMatchObject({ chunks: [], state: "running", end: false });
    const reading = sandbox.jobs.read(id, { cursor: none.cursor, waitMs: WAIT_MS });
    await sandbox.jobs.write(id, "one\n");
    const first = await reading;
    expect(first).toMatchObject({ state: "running", end: false });
    expect(Buffer.from(first.chunks[0]?.data ?? []).toString()).toBe("got one\n");
    expect((await sandbox.jobs.read(id, { cursor: first.cursor, waitMs: 50 })).chunks).toEqual([]);
    expect((await sandbox.jobs.read(id)).chunks).toEqual(first.chunks);
    const ending = sandbox.jobs.read(id, { cursor: first.cursor, waitMs: WAIT_MS });
    await sandbox.jobs.closeStdin(id);
    expect(await ending).toMatchObject({ chunks: [], state: "exited", end: true });
    for (const cursor of ["", "x", "1", "1.2.3", "-1.0"])
      await expect(sandbox.jobs.read(id, { cursor })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  },

  "jobs:output-in-parts": async ({ sandbox }) => {
    const script =
      "head -c 3000000 /dev/urandom | tee /tmp/jobs-parts; head -c 100000 /dev/urandom | tee /tmp/jobs-err >&2";
    const { id } = await sandbox.jobs.start(shell(script));
    const { stdout, stderr } = await readToEnd(sandbox, id, { maxBytes: 700_001 });
    const { stdout: sums } = expectSuccess(
      await sandbox.exec(["sha256sum", "/tmp/jobs-parts", "/tmp/jobs-err"]),
    );
    expect([stdout.length, stderr.length]).toEqual([3_000_000, 100_000]);
    expect(sums.match(/\b[0-9a-f]{64}\b/g)).toEqual(
      [stdout, stderr].map((data) => createHash("sha256").update(data).digest("hex")),
    );
  },

  "jobs:streams-opened-anew": async ({ sandbox }) => {
    const { stdout, stderr } = await runJob(
      sandbox,
      shell("echo one; echo two >&2; echo three >/dev/stdout; echo four >/dev/stderr; cat /dev/stdin"),
    );
    expect([stdout.toString(), stderr.toString()]).toEqual(["one\nthree\n", "two\nfour\n"]);
  },

  "jobs:stdin": async ({ sandbox }) => {
    expect((await runJob(sandbox, ["cat"])).last.status).toEqual({ exitCode: 0 });
    const data = Buffer.alloc(1_500_000, "0123456789abcdef\0\n");
    const { id } = await sandbox.jobs.start(["sha256sum"], { stdin: "open" });
    await sandbox.jobs.write(id, data.subarray(0, 700_000));
    await sandbox.jobs.write(id, data.subarray(700_000));
    await sandbox.jobs.closeStdin(id);
    await sandbox.jobs.closeStdin(id);
    const { stdout } = await readToEnd(sandbox, id);
    expect(stdout.toString()).toContain(createHash("sha256").update(data).digest("hex"));
    await sandbox.jobs.write(id, "too late");
    const deaf = await sandbox.jobs.start(["sleep", newMarker()]);
    await expect(sandbox.jobs.write(deaf.id, "x")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await sandbox.jobs.signal(deaf.id, "KILL");
    // what reads nothing more, and ends, holds up nobody who writes
    const short = await sandbox.jobs.start(["head", "-c", "1"], { stdin: "open" });
    await sandbox.jobs.write(short.id, data);
    expect((await readToEnd(sandbox, short.id)).stdout.toString()).toBe("0");
  },

  "jobs:signal": async ({ sandbox }) => {
    const script = `trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done`;
    const polite = await sandbox.jobs.start(shell(script));
    await untilWritten(sandbox, polite.id, "ready");
    await sandbox.jobs.signal(polite.id, "INT");
    const ended = await readToEnd(sandbox, polite.id);
    expect([ended.stdout.toString(), ended.last.status]).toEqual(["ready\ncaught\n", { exitCode: 3 }]);
    await sandbox.jobs.signal(polite.id, "INT");
    const marker = newMarker();
    const stubborn = await sandbox.jobs.start(
      shell(`trap '' INT TERM; (setsid sleep ${marker} &) ; sleep ${marker}; sleep ${marker}`),
    );
    await untilMarked(sandbox, marker, 2);
    await sandbox.jobs.signal(stubborn.id, "KILL");
    expect(await countMarked(sandbox, marker)).toBe(0);
    expect((await readToEnd(sandbox, stubborn.id)).last.status).toEqual({ exitCode: 137, signal: "KILL" });
  },

  "jobs:leaves-no-process": async ({ sandbox }) => {
    const marker = newMarker();
    const { last } = await runJob(
      sandbox,
      shell(`setsid sleep ${marker} & (sleep ${marker} &); sleep 0.1; exit 4`),
    );
    expect(last).toMatchObject({ state: "exited", status: { exitCode: 4 } });
    expect(await countMarked(sandbox, marker)).toBe(0);
  },

  "jobs:list": async ({ sandbox }) => {
    const first = await sandbox.jobs.start(["sh", "-c", "exit 5"]);
    await readToEnd(sandbox, first.id);
    const second = await sandbox.jobs.start(["cat"], { stdin: "open" });
    const listed = (await sandbox.jobs.list()).slice(-2);
    expect(listed).toMatchObject([
      { ...first, state: "exited", status: { exitCode: 5 } },
      { ...second, state: "running" },
    ]);
    await sandbox.jobs.signal(second.id, "TERM");
    for (const id of ["nobody", "../x", "", "*"]) {
      const refusal = { code: "JOB_NOT_FOUND" };
      await expect(sandbox.jobs.get(id)).rejects.toMatchObject(refusal);
      await expect(sandbox.jobs.read(id)).rejects.toMatchObject(refusal);
      await expect(sandbox.jobs.write(id, "x")).rejects.toMatchObject(refusal);
      await expect(sandbox.jobs.closeStdin(id)).rejects.toMatchObject(refusal);
      await expect(sandbox.jobs.signal(id, "TERM")).rejects.toMatchObject(refusal);
    }
  },

  "jobs:many": async ({ sandbox }) => {
    const numbers = Array.from({ length: MANY }, (_, index) => index);
    const ended = await Promise.all(
      numbers.map((n) => runJob(sandbox, shell(`echo ${n}; sleep 0.2; echo ${n} >&2; exit ${n}`))),
    );
    expect(
      ended.map(({ stdout, stderr, last }) => [stdout.toString(), stderr.toString(), last.status?.exitCode]),
    ).toEqual(numbers.map((n) => [`${n}\n`, `${n}\n`, n]));
  },

  "jobs:start-aborted": async ({ sandbox }) => {
    const before = await sandbox.jobs.list();
    const reason = new Error("enough");
    await expect(sandbox.jobs.start(["true"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const marker = newMarker();
    const started: string[] = [];
    for (const afterMs of [0, 1, 2, 5, 10, 20, 50]) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(reason), afterMs);
      try {
        const { id } = await sandbox.jobs.start(["sleep", marker], { signal: controller.signal });
        started.push(id);
        await sandbox.jobs.signal(id, "KILL");
      } catch (error) {
        expect(error).toBe(reason);
      }
      clearTimeout(timer);
      expect(await countMarked(sandbox, marker)).toBe(0);
    }
    const left = (await sandbox.jobs.list()).slice(before.length);
    expect(left.map(({ id }) => id)).toEqual(started);
  },

  "jobs:outlive-a-stop": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    const ended = await runJob(sandbox, shell("echo kept; exit 9"));
    const running = await sandbox.jobs.start(shell("echo before; sleep 1000"));
    await untilWritten(sandbox, running.id, "before");
    await sandbox.stop();
    await expect(sandbox.jobs.start(["true"])).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    await expect(sandbox.jobs.list()).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    await sandbox.start();
    const again = await readToEnd(sandbox, ended.id);
    expect([again.stdout.toString(), again.last.status]).toEqual(["kept\n", { exitCode: 9 }]);
    // init may have ended it in good order, or with everything else
    const other = await readToEnd(sandbox, running.id);
    expect(other.stdout.toString()).toBe("before\n");
    expect(other.last.status?.exitCode ?? "lost").toBeOneOf([143, 137, "lost"]);
    expect((await runJob(sandbox, ["true"])).last.status).toEqual({ exitCode: 0 });
  },
} satisfies Partial<Record<RequirementId, Scenario>>;
