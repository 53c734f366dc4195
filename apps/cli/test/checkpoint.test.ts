import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import type { CliResult } from "./support/cli.ts";
import { listInstances } from "./support/server.ts";

const socket = inject("incusSocket");
const cli = useCli({ PIXELS_INCUS_SOCKET: socket, PIXELS_DEFAULT_IMAGE: "debian/12" });
const api = openIncusApi({ socketPath: socket });
const name = "cli-checkpoint";
const clones = ["cli-clone-now", "cli-clone-then", "cli-clone-json"];

beforeAll(async () => {
  await cli.mustRun(["create", name, "--memory", "384MiB", "--cpu", "1"]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name, ...clones]);
  await api[Symbol.asyncDispose]();
});

interface Checkpoint {
  readonly label: string;
  readonly created_at: string;
  readonly size_bytes: number | null;
}

async function listCheckpoints(): Promise<readonly Checkpoint[]> {
  const { stdout } = await cli.mustRun(["checkpoint", "list", name, "--json"]);
  return (JSON.parse(stdout) as { readonly checkpoints: readonly Checkpoint[] }).checkpoints;
}

async function listLabels(): Promise<readonly string[]> {
  return (await listCheckpoints()).map(({ label }) => label);
}

/** Five hours and three quarters ahead, all year. */
function toKathmanduLabel(time: number): string {
  const digits = new Date(time + 5.75 * 3_600_000).toISOString().replaceAll(/\D/g, "");
  return `px-${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}

async function write(text: string): Promise<void> {
  await cli.mustRun(["exec", name, "--", "sh", "-c", 'printf %s "$1" >file && sync', "sh", text]);
}

async function read(sandbox = name): Promise<string> {
  return (await cli.mustRun(["exec", sandbox, "--", "cat", "file"])).stdout;
}

function errorOf({ stderr }: CliResult): unknown {
  return (JSON.parse(stderr) as { readonly error: unknown }).error;
}

describe("checkpoint", () => {
  test("create, list and status, as people see them", async () => {
    await write("first");
    const created = await cli.run(["checkpoint", "create", name, "--label", "first"]);
    expect(created).toMatchObject({ code: 0, stdout: "first created\n" });
    expect(created.stderr).toMatch(new RegExp(`^checkpoint create ${name}: [^\\n]+\\n$`));
    const listed = await cli.run(["cp", "list", name]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toMatch(/^LABEL +TIME +SIZE\nfirst +\d{4}-\d\d-\d\dT\S+Z +(?:-|\S+ \w*B)\n$/);
    expect((await cli.run(["status", name])).stdout).toMatch(/^checkpoints +1$/m);
    const { stdout } = await cli.run(["status", name, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ checkpoint_count: 1 });
  });

  test("the same as documents", async () => {
    const created = await cli.run(["cp", "create", name, "--label", "second", "--json"]);
    expect(created).toMatchObject({ code: 0, stderr: "" });
    const document = JSON.parse(created.stdout) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual(["schema", "name", "label", "created_at", "size_bytes"]);
    expect(document).toMatchObject({
      schema: 1,
      name,
      label: "second",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    const { stdout } = await cli.run(["checkpoint", "list", `px-${name}`, "--json"]);
    const list = JSON.parse(stdout) as { readonly checkpoints: readonly Checkpoint[] };
    expect(Object.keys(list)).toEqual(["schema", "name", "checkpoints"]);
    expect(list.checkpoints.map(({ label }) => label)).toEqual(["first", "second"]);

    const again = await cli.run(["cp", "create", name, "--label", "second", "--json"]);
    expect(again).toMatchObject({ code: 35, stdout: "" });
    expect(errorOf(again)).toMatchObject({ code: "SNAPSHOT_ALREADY_EXISTS" });
    expect(await listLabels()).toEqual(["first", "second"]);
  });

  test("without a label it is the local time, or the next second that is free", async () => {
    const now = Date.now();
    const taken = Array.from({ length: 20 }, (_, second) => toKathmanduLabel(now + second * 1000));
    for (const label of taken) await api.snapshots.create(`px-${name}`, label);
    const { stdout } = await cli.mustRun(["cp", "create", name], { env: { TZ: "Asia/Kathmandu" } });
    const label = toKathmanduLabel(now + 20_000);
    expect(stdout).toBe(`${label} created\n`);
    expect(await listLabels()).toEqual(["first", "second", ...taken, label]);
    await cli.mustRun(["cp", "delete", name, ...taken, label]);
  });

  test("restore brings the files back, keeps limits and labels, and starts again what ran", async () => {
    await write("second");
    await cli.mustRun(["set", name, "--memory", "256MiB", "--label", "team=web"]);
    const restored = await cli.run(["checkpoint", "restore", name, "first"]);
    expect(restored).toMatchObject({ code: 0, stdout: `${name} restored to first\n` });
    expect(restored.stderr).toMatch(new RegExp(`^checkpoint restore ${name}: restoring$`, "m"));
    expect(await read()).toBe("first");
    const { stdout } = await cli.mustRun(["status", name, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "running",
      labels: { team: "web" },
      limits: { memory_bytes: 256 * 1024 ** 2 },
    });
    await cli.mustRun(["stop", name]);
    const stopped = await cli.run(["cp", "restore", name, "second", "--json"]);
    expect(stopped).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(stopped.stdout)).toEqual({ schema: 1, name, label: "second", status: "restored" });
    expect((await cli.run(["exec", name, "--", "true"])).code).toBe(125);
    await cli.mustRun(["start", name]);
  });

  test("a restore that is interrupted leaves the sandbox whole: its settings, and running", async () => {
    await cli.mustRun(["set", name, "--label", "team=db"]);
    for (const phase of ["stopping", "restoring"]) {
      const { child, result, sees } = cli.start(["cp", "restore", name, "first"]);
      await sees("stderr", `cp restore ${name}: ${phase}`);
      child.kill("SIGINT");
      expect(await result).toMatchObject({ code: 130, stdout: "" });
      const { stdout } = await cli.mustRun(["status", name, "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ status: "running", labels: { team: "db" } });
      expect(await cli.run(["prune", "--dry-run"])).toMatchObject({
        stdout: expect.not.stringContaining(name),
      });
    }
  });

  test("what is not there has codes of its own", async () => {
    for (const args of [
      ["checkpoint", "restore", name, "nosuch"],
      ["checkpoint", "delete", name, "nosuch"],
      ["create", "cli-clone-now", "--from", `${name}:nosuch`],
    ]) {
      const failed = await cli.run([...args, "--json"]);
      expect(failed.code).toBe(34);
      expect(errorOf(failed)).toMatchObject({ code: "SNAPSHOT_NOT_FOUND" });
    }
    for (const args of [
      ["checkpoint", "create", "cli-missing"],
      ["checkpoint", "list", "cli-missing"],
      ["checkpoint", "restore", "cli-missing", "first"],
      ["checkpoint", "delete", "cli-missing", "first"],
      ["create", "cli-clone-now", "--from", "cli-missing"],
      ["create", "cli-clone-now", "--from", "cli-missing:first"],
    ]) {
      const failed = await cli.run([...args, "--json"]);
      expect(failed.code).toBe(12);
      expect(errorOf(failed)).toMatchObject({ code: "SANDBOX_NOT_FOUND" });
    }
    expect(await listInstances(socket)).not.toContain("px-cli-clone-now");
  });
});

describe("create --from", () => {
  test("clones the present state, or a checkpoint, with the source's limits unless told otherwise", async () => {
    await cli.mustRun(["cp", "restore", name, "first"]);
    await write("present");
    const created = await cli.run(["create", "cli-clone-now", "--from", name]);
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cli-clone-now is ready\n/) });
    expect(created.stderr).toMatch(/^create cli-clone-now: starting$/m);
    await cli.mustRun(["create", "cli-clone-then", "--from", `px-${name}:first`, "--memory", "320MiB"]);
    expect(await read("cli-clone-now")).toBe("present");
    expect(await read("cli-clone-then")).toBe("first");
    const [now, then] = await Promise.all(
      ["cli-clone-now", "cli-clone-then"].map(
        async (clone) => JSON.parse((await cli.mustRun(["status", clone, "--json"])).stdout) as unknown,
      ),
    );
    expect(now).toMatchObject({ limits: { cpu: 1, memory_bytes: 256 * 1024 ** 2 }, image: "debian/12" });
    expect(then).toMatchObject({ limits: { cpu: 1, memory_bytes: 320 * 1024 ** 2 }, checkpoint_count: 0 });
    expect(await read()).toBe("present");
  });

  test("a clone is somebody else: in its machine-id, its host keys and its name", async () => {
    const script = "cat /etc/machine-id /etc/ssh/ssh_host_*_key.pub; hostname";
    const [source = [], clone = []] = await Promise.all(
      [name, "cli-clone-now"].map(async (sandbox) => {
        const { stdout } = await cli.mustRun(["exec", "--root", sandbox, "--", "sh", "-c", script]);
        return stdout.trimEnd().split("\n");
      }),
    );
    expect(clone).toHaveLength(source.length);
    expect(clone.at(-1)).toBe("px-cli-clone-now");
    expect(clone.filter((line) => source.includes(line))).toEqual([]);
  });

  test("as a document", async () => {
    const { code, stdout } = await cli.run(["create", "cli-clone-json", "--from", name, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, name: "cli-clone-json", status: "running" });
  });

  test("Ctrl-C leaves nothing of the clone, and the source alone", async () => {
    const { child, result, sees } = cli.start(["create", "cli-clone-cut", "--from", name]);
    await sees("stderr", "create cli-clone-cut: starting");
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, stdout: "" });
    expect(await listInstances(socket)).not.toContain("px-cli-clone-cut");
    expect(await read()).toBe("present");
  });
});

describe("checkpoint delete", () => {
  test("all are tried, and the first failure's code is the exit code", async () => {
    const deleted = await cli.run(["cp", "delete", name, "nosuch", "first", "a/b", "--json"]);
    expect(deleted.code).toBe(34);
    expect(JSON.parse(deleted.stdout)).toEqual({
      schema: 1,
      name,
      checkpoints: [
        { label: "nosuch", error: expect.objectContaining({ code: "SNAPSHOT_NOT_FOUND" }) },
        { label: "first", status: "deleted" },
        { label: "a/b", error: expect.objectContaining({ code: "INVALID_ARGUMENT" }) },
      ],
    });
    expect(await listLabels()).toEqual(["second"]);
    expect(await read("cli-clone-then")).toBe("first");
    expect(await cli.run(["cp", "delete", name, "second"])).toMatchObject({
      code: 0,
      stdout: "second deleted\n",
    });
    expect(await listCheckpoints()).toEqual([]);
  });

  test("destroy takes the checkpoints along", async () => {
    await cli.mustRun(["cp", "create", name, "--label", "last"]);
    await cli.mustRun(["destroy", "--force", name]);
    await cli.mustRun(["create", name]);
    expect(await listLabels()).toEqual([]);
  });
});
