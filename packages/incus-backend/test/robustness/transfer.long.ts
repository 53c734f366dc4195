import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createSandboxClient, expectSuccess, type OwnedSandbox, shell } from "@pixels/core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { runProgram } from "./support/run-program.ts";

const MIB = 2 ** 20;
const MAX_GROWTH_BYTES = 64 * MIB;
const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
let sandbox: OwnedSandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-transfer-long-"));
  sandbox = await client.create({ name: "transfer-long", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A script that gives one sum of all modes and contents below a path. */
function sum(path: string): string {
  return `cd ${path} && { find . -printf '%M %P\\n' | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum`;
}

/** There and back in a process of its own, which must not grow; the same sums and modes on both sides. */
async function expectSame(local: string, remote: string, files: number, bytes: number): Promise<void> {
  const { values, code, stderr } = await runProgram("transfer.mjs", {
    args: [socket, "transfer-long", local, remote],
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(values).toHaveLength(2);
  for (const value of values) {
    expect(value).toMatchObject({ files, bytes, skipped: [] });
    expect(value["growthBytes"]).toBeLessThan(MAX_GROWTH_BYTES);
  }
  const inside = expectSuccess(await sandbox.exec(shell(sum(remote)), { timeoutMs: 120_000 })).stdout;
  for (const path of [local, `${local}-again`]) {
    const { stdout } = await promisify(execFile)("sh", ["-c", sum(path)]);
    expect(stdout).toBe(inside);
  }
}

test("500 MB in one file", async () => {
  const local = join(folder, "large");
  await mkdir(local);
  await using file = await open(join(local, "file"), "w", 0o640);
  for (let written = 0; written < 500; written++) await file.write(randomBytes(1_000_000));
  await expectSame(local, "/srv/large", 1, 500_000_000);
}, 300_000);

test("many large files beside each other", async () => {
  const local = join(folder, "several");
  await mkdir(local);
  for (let index = 0; index < 20; index++)
    await writeFile(join(local, `file ${index}`), randomBytes(10_000_000));
  await expectSame(local, "/srv/several", 20, 200_000_000);
}, 300_000);

test("20,000 files", async () => {
  const local = join(folder, "tree");
  const modes = [0o644, 0o755, 0o600, 0o440];
  let bytes = 0;
  for (let index = 0; index < 20_000; index++) {
    // one of the directories has half of them
    const directory = join(local, index % 2 === 0 ? "many" : `some-${index % 199}/deep`);
    if (index < 400) await mkdir(directory, { recursive: true });
    const content = randomBytes(index % 3000);
    bytes += content.length;
    await writeFile(join(directory, `file ${index}`), content, { mode: modes[index % modes.length] });
  }
  await expectSame(local, "/srv/tree", 20_000, bytes);
}, 600_000);
