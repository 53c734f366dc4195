import { mkdtemp, readdir, readFile, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, expect, test, vi } from "vitest";
import { createSandboxClient, type SandboxClient } from "../../client.ts";
import { shell } from "../../command.ts";
import type { OwnedSandbox } from "../../sandbox.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import { memoryBackend } from "./memory-backend.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Of this whole machine. */
async function findOnMachine(marker: string): Promise<readonly string[]> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    numbers.map(async (number) => {
      const text = await readFile(`/proc/${number}/cmdline`, "utf8").catch(() => "");
      return text.includes(marker) ? [text] : [];
    }),
  );
  return found.flat();
}

const listFolders = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith("pixels-memory-"));

async function createSandbox(client: SandboxClient, name = "dev"): Promise<OwnedSandbox> {
  return await client.create({ name, source: { kind: "image", image: "test/image" } });
}

test("leaves no process, mount or file when it is disposed", async () => {
  const home = await mkdtemp(`${tmpdir()}/memory-test-`);
  vi.stubEnv("TMPDIR", home);
  const marker = newMarker();
  {
    await using client = createSandboxClient({ backend: memoryBackend() });
    const sandbox = (await createSandbox(client)).release();
    await sandbox.exec(shell(`setsid sleep ${marker} >/dev/null 2>&1 & touch "$HOME/file" /tmp/file`));
    await sandbox.spawn(shell(`sleep ${marker}; exit`));
    await untilMarked(sandbox, marker, 2);
    expect(await listFolders(home)).toHaveLength(1);
    expect(await findOnMachine(marker)).not.toEqual([]);
  }
  expect(await findOnMachine(marker)).toEqual([]);
  expect(await readdir(home)).toEqual([]);
  expect(await readFile("/proc/self/mounts", "utf8")).not.toContain(home);
  await rmdir(home);
});

test("gives each sandbox files and processes of its own", async () => {
  await using client = createSandboxClient({ backend: memoryBackend() });
  const first = await createSandbox(client, "first");
  const second = await createSandbox(client, "second");
  const marker = newMarker();
  await first.exec(shell(`echo first >/tmp/owner; sleep ${marker} >/dev/null 2>&1 &`));
  await untilMarked(first, marker, 1);
  expect(await countMarked(second, marker)).toBe(0);
  expect((await second.exec(["ls", "-A", "/tmp", "/root"])).stdout).toBe("/root:\n\n/tmp:\n");
});

test("accepts the images that it was told of and no others", async () => {
  await using client = createSandboxClient({ backend: memoryBackend({ images: ["one", "two/2"] }) });
  await client.create({ name: "dev", source: { kind: "image", image: "two/2" } });
  await expect(createSandbox(client, "other")).rejects.toMatchObject({
    code: "IMAGE_NOT_FOUND",
    next: "use one of one, two/2",
  });
});

test("says what it needs where the machine has it not", async () => {
  await using client = createSandboxClient({ backend: memoryBackend() });
  vi.stubEnv("PATH", "/nowhere");
  await expect(createSandbox(client)).rejects.toMatchObject({
    code: "BACKEND_MISCONFIGURED",
    context: { program: "unshare" },
  });
  vi.unstubAllEnvs();
  await using sandbox = await createSandbox(client);
  expect((await sandbox.info()).status).toBe("running");
});

test("runs two creations of one name once", async () => {
  await using client = createSandboxClient({ backend: memoryBackend() });
  const outcomes = await Promise.allSettled([createSandbox(client), createSandbox(client)]);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
    reason: { code: "SANDBOX_ALREADY_EXISTS" },
  });
});
