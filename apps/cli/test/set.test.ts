import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-set";
const MIB = 1024 ** 2;

beforeAll(async () => {
  await cli.mustRun(["create", name, "--cpu", "1", "--memory", "512MiB", "--disk", "1GiB"]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

interface Status {
  readonly limits: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
}

async function readStatus(): Promise<Status> {
  return JSON.parse((await cli.mustRun(["status", name, "--json"])).stdout) as Status;
}

async function readMemoryLimit(): Promise<string> {
  const files = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes";
  return (
    await cli.run(["exec", "--root", name, "--", "sh", "-c", `cat ${files} 2>/dev/null`])
  ).stdout.trim();
}

describe("set", () => {
  test("changes limits and labels of a sandbox that runs, and prints what holds now", async () => {
    const set = await cli.run(["set", name, "--memory", "384MiB", "--label", "team=web", "--label", "a=b=c"]);
    expect(set).toMatchObject({ code: 0, stderr: "" });
    expect(set.stdout).toMatch(/^memory +384 MiB +\S+ MiB$/m);
    expect(set.stdout).toMatch(/^cpu +1 /m);
    expect(set.stdout).toMatch(/^label +team=web$/m);
    expect(await readMemoryLimit()).toBe(String(384 * MIB));
    expect(await readStatus()).toMatchObject({
      limits: { cpu: 1, memory_bytes: 384 * MIB, disk_bytes: 1024 * MIB, processes: 4096 },
      labels: { team: "web", a: "b=c" },
    });
  });

  test("as a document, with the keys of status", async () => {
    const { code, stdout, stderr } = await cli.run(["set", name, "--json", "--cpu", "0-0", "--label", "a="]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual(Object.keys(await readStatus()));
    expect(document).toMatchObject({ schema: 1, name, limits: { cpu: "0" }, labels: { team: "web" } });
    expect(document["labels"]).toEqual({ team: "web" });
  });

  test("none lifts a limit", async () => {
    await cli.mustRun(["set", name, "--cpu", "none", "--memory", "none", "--disk", "none"]);
    expect((await readStatus()).limits).toEqual({
      cpu: null,
      memory_bytes: null,
      disk_bytes: null,
      processes: 4096,
    });
    expect(Number(await readMemoryLimit())).not.toBe(384 * MIB);
  });

  test("a limit below what is used is refused, also of a stopped sandbox, and nothing changes", async () => {
    const before = await readStatus();
    await cli.mustRun(["exec", name, "--", "sh", "-c", "head -c 100M /dev/zero >file; sync"]);
    for (const prepare of ["start", "stop"]) {
      await cli.mustRun([prepare, name]);
      const { code, stdout, stderr } = await cli.run(["set", name, "--disk", "80MiB", "--label", "x=y"]);
      expect({ code, stdout }).toEqual({ code: 26, stdout: "" });
      expect(stderr).toMatch(/^pixels: [^\n]*disk[^\n]*; remove files[^\n]*\n$/);
      expect(await readStatus()).toMatchObject({ limits: before.limits, labels: before.labels });
    }
    expect(await cli.run(["set", name, "--memory", "256MiB"])).toMatchObject({ code: 0 });
    await cli.mustRun(["start", name]);
    expect(await readMemoryLimit()).toBe(String(256 * MIB));
  });

  test("a missing sandbox is SANDBOX_NOT_FOUND", async () => {
    const { code, stderr } = await cli.run(["set", "cli-missing", "--cpu", "1", "--json"]);
    expect(code).toBe(12);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "SANDBOX_NOT_FOUND" } });
  });
});
