import { createSandboxClient, type SandboxPreparer } from "@pixels/core";
import { afterAll, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";

/** Runs a command as the account of before, so that launchers for more of them are left waiting. */
const prepare: SandboxPreparer = {
  check: () => Promise.resolve(),
  identify: () => Promise.resolve(),
  async provision(sandbox) {
    expect((await sandbox.exec(["id", "-un"])).stdout).toBe("root\n");
    return { account: "daemon" };
  },
};
const client = createSandboxClient({
  backend: incusBackend({ socket: inject("incusSocket"), spareLaunchers: 2 }),
  prepare,
});

afterAll(() => client[Symbol.asyncDispose]());

test("the account that provisioning gave is the one that every command runs as, and a clone's too", async () => {
  await using sandbox = await client.create({
    name: "prepared",
    source: { kind: "image", image: "debian/12" },
  });
  for (let round = 0; round < 4; round++) expect((await sandbox.exec(["id", "-un"])).stdout).toBe("daemon\n");
  expect((await sandbox.exec(["id", "-un"], { root: true })).stdout).toBe("root\n");
  await sandbox.files.write("/tmp/of-the-account", "");
  expect((await sandbox.exec(["stat", "-c", "%U", "/tmp/of-the-account"])).stdout).toBe("daemon\n");
  await using clone = await client.create({
    name: "prepared-clone",
    source: { kind: "sandbox", sandbox: sandbox.name },
  });
  expect((await clone.exec(["id", "-un"])).stdout).toBe("daemon\n");
});
