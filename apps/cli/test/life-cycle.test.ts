import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { afterEach, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { listInstances } from "./support/server.ts";

const socket = inject("incusSocket");
const cli = useCli({ PIXELS_INCUS_SOCKET: socket, PIXELS_DEFAULT_IMAGE: "debian/12" });
const made = new Set<string>();

/** A name that the end of the test takes away again. */
function claim(name: string): string {
  made.add(name);
  return name;
}

interface Row {
  readonly name: string;
  readonly status: string;
}

async function listRows(...flags: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await cli.run(["list", "--json", ...flags]);
  return (JSON.parse(stdout) as { readonly sandboxes: readonly Row[] }).sandboxes;
}

async function statusOf(name: string): Promise<string | undefined> {
  return (await listRows()).find((row) => row.name === name)?.status;
}

afterEach(async () => {
  await using client = createSandboxClient({ backend: incusBackend({ socket }) });
  for (const name of made) await client.sandbox(name).destroy();
  made.clear();
});

test("create, list, exec and destroy, as people see them", async () => {
  const name = claim("cli-people");
  const created = await cli.run(["create", name, "--memory", "256MiB", "--cpu", "1"]);
  expect(created.code).toBe(0);
  expect(created.stderr).toBe(
    ["creating", "starting", "booting"].map((phase) => `create ${name}: ${phase}\n`).join(""),
  );
  const address = /address +(\d+\.\d+\.\d+\.\d+)/.exec(created.stdout)?.[1] ?? "none";
  expect(created.stdout).toContain(`pixels exec ${name} -- `);
  expect(created.stdout).toContain(`pixels destroy ${name}`);

  const listed = await cli.run(["ls"]);
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toMatch(/^NAME +STATUS +ADDRESS +BASE +AGE +EGRESS\n/);
  expect(listed.stdout).toMatch(
    new RegExp(`^${name} +running +${address} +- +\\S+ \\w+ +unrestricted$`, "m"),
  );

  const status = await cli.run(["status", name]);
  expect(status).toMatchObject({ code: 0, stderr: "" });
  expect(status.stdout).toMatch(new RegExp(`^address +${address}$`, "m"));
  expect(status.stdout).toMatch(/^memory +256 MiB +[1-9][\d.]* MiB$/m);
  const document = JSON.parse((await cli.run(["status", name, "--json"])).stdout) as Record<string, unknown>;
  expect(document).toMatchObject({
    schema: 1,
    name,
    status: "running",
    limits: { cpu: 1, memory_bytes: 256 * 1024 ** 2, disk_bytes: null, processes: 4096 },
    usage: { processes: expect.any(Number) },
  });

  const addresses = await cli.run(["exec", name, "--", "ip", "-4", "-o", "address"]);
  expect(addresses.stdout).toContain(`${address}/`);
  const limit = await cli.run([
    "exec",
    `px-${name}`,
    "--",
    "sh",
    "-c",
    "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null",
  ]);
  expect(limit.stdout.trim()).toBe(String(256 * 1024 ** 2));

  expect(await cli.run(["destroy", "--force", name])).toMatchObject({
    code: 0,
    stdout: `${name} destroyed\n`,
  });
  expect(await listInstances(socket)).not.toContain(`px-${name}`);
});

test("the same as documents", async () => {
  const name = claim("cli-documents");
  const created = await cli.run(["create", name, "--json"]);
  expect(created).toMatchObject({ code: 0, stderr: "" });
  const sandbox = JSON.parse(created.stdout) as Record<string, unknown>;
  expect(sandbox).toEqual({
    schema: 1,
    name,
    status: "running",
    address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
    addresses: expect.arrayContaining([sandbox["address"]]),
    base: null,
    image: "debian/12",
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    egress: "unrestricted",
    provisioning: null,
    duration_ms: expect.any(Number),
  });
  const { schema, duration_ms: _, provisioning: __, ...row } = sandbox;
  expect(schema).toBe(1);
  expect(await listRows()).toContainEqual(row);

  const again = await cli.run(["create", name, "--json"]);
  expect(again).toMatchObject({ code: 13, stdout: "" });
  expect(JSON.parse(again.stderr)).toMatchObject({ schema: 1, error: { code: "SANDBOX_ALREADY_EXISTS" } });
  expect(await statusOf(name)).toBe("running");

  const destroyed = await cli.run(["destroy", "--force", "--json", name]);
  expect(destroyed).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(destroyed.stdout)).toEqual({ schema: 1, sandboxes: [{ name, status: "destroyed" }] });
});

test("an image that the server does not have", async () => {
  const { code, stderr } = await cli.run(["create", claim("cli-no-image"), "--image", "nosuch/1", "--json"]);
  expect(code).toBe(17);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: "IMAGE_NOT_FOUND" } });
  expect(await listInstances(socket)).not.toContain("px-cli-no-image");
});

describe("several names", () => {
  test("all are tried, and the first failure's code is the exit code", async () => {
    const name = claim("cli-several");
    await cli.mustRun(["create", name]);
    const stopped = await cli.run(["stop", "cli-missing", name, "Bad"]);
    expect(stopped).toMatchObject({ code: 12, stdout: `${name} stopped\n` });
    expect(stopped.stderr).toContain('"cli-missing"');
    expect(stopped.stderr).toContain('"Bad"');
    expect(await statusOf(name)).toBe("stopped");

    const refused = await cli.run(["exec", name, "--", "true"]);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toContain(`pixels start ${name}`);

    expect(await cli.run(["start", "Bad", name, `px-${name}`])).toMatchObject({
      code: 10,
      stdout: `${name} running\n`,
    });
    const nowhere = { env: { PIXELS_INCUS_SOCKET: "/nowhere" } };
    expect(await cli.run(["start", "Bad", "Worse"], nowhere)).toMatchObject({ code: 10, stdout: "" });
    expect(await cli.run(["start", name])).toMatchObject({ code: 0 });
    expect(await cli.run(["exec", name, "--", "true"])).toMatchObject({ code: 0 });

    const destroyed = await cli.run(["destroy", "--force", "--json", "Bad", name, "cli-missing"]);
    expect(destroyed.code).toBe(10);
    expect(JSON.parse(destroyed.stdout)).toEqual({
      schema: 1,
      sandboxes: [
        { name: "Bad", error: expect.objectContaining({ code: "INVALID_ARGUMENT" }) },
        { name, status: "destroyed" },
        { name: "cli-missing", status: "destroyed" },
      ],
    });
    expect(JSON.parse(destroyed.stderr)).toMatchObject({ error: { code: "INVALID_ARGUMENT" } });
    expect(await listInstances(socket)).not.toContain(`px-${name}`);
  });
});

describe("destroy", () => {
  test("without a terminal and without --force it refuses and removes nothing", async () => {
    const name = claim("cli-careful");
    await cli.mustRun(["create", name]);
    const refused = await cli.run(["destroy", name], { stdin: "y\n" });
    expect(refused).toMatchObject({ code: 10, stdout: "" });
    expect(refused.stderr).toContain("--force");
    expect(await statusOf(name)).toBe("running");
  });

  test("a missing sandbox is fine with --force alone", async () => {
    expect(await cli.run(["destroy", "--force", "cli-missing"])).toMatchObject({ code: 0 });
  });

  test("leaves bases alone, which list shows with --all only", async () => {
    const name = claim("base-cli");
    await using client = createSandboxClient({ backend: incusBackend({ socket }) });
    (await client.create({ name, source: { kind: "image", image: "debian/12" } })).release();
    expect(await cli.run(["destroy", "--force", name])).toMatchObject({ code: 10 });
    expect((await listRows()).map((row) => row.name)).not.toContain(name);
    expect((await listRows("--all")).map((row) => row.name)).toContain(name);
  });
});
