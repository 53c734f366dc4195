import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";
import { listMatching } from "./lifecycle.ts";

const MIB = 1024 * 1024;
const oddValues = {
  plain: "yes",
  space: " ",
  lines: "two\nlines\n",
  odd: `a "quoted" 'value', = $(x) \\ ü 🦊`,
  "with.dots-and_more": "1",
};

/** Limits and labels, at the creation and after. */
export const changes = {
  "create:limits-visible": async ({ createSandbox }) => {
    const limits = { cpu: 1, memoryBytes: 384 * MIB, processes: 500 };
    const sandbox = await createSandbox(limits);
    expect((await sandbox.info()).limits).toMatchObject(limits);
  },

  "create:disk-limit": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ diskBytes: 2048 * MIB });
    expect((await sandbox.info()).limits).toMatchObject({ diskBytes: 2048 * MIB });
  },

  "create:cpu-set": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ cpu: { set: "0" } });
    expect((await sandbox.info()).limits).toMatchObject({ cpu: { set: "0" } });
  },

  "create:labels": async (context) => {
    const sandbox = await context.createSandbox({ labels: oddValues });
    expect((await sandbox.info()).labels).toEqual(oddValues);
    const [listed] = await listMatching(context, (info) => info.name === sandbox.name);
    expect(listed?.labels).toEqual(oddValues);
  },

  "usage:while-it-runs": async ({ client, createSandbox, newName }) => {
    const sandbox = await createSandbox();
    const { memoryBytes = 1, processes = 1, cpuSeconds = 1 } = await sandbox.usage();
    for (const amount of [memoryBytes, processes, cpuSeconds]) expect(amount).toBeGreaterThan(0);
    await sandbox.stop();
    const stopped = await sandbox.usage();
    expect([stopped.memoryBytes, stopped.processes, stopped.cpuSeconds]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await expect(client.sandbox(newName()).usage()).rejects.toMatchObject({ code: "SANDBOX_NOT_FOUND" });
  },

  "list:labels": async ({ client, createSandbox, newName }) => {
    const run = newName();
    const first = await createSandbox({ labels: { run, kind: "a" } });
    await createSandbox({ labels: { run, kind: "b" } });
    const list = async (labels: Readonly<Record<string, string>>): Promise<number> => {
      let count = 0;
      for await (const info of client.list({ labels })) if (info.labels["run"] === run) count++;
      return count;
    };
    expect(await list({ run })).toBe(2);
    expect(await list({ run, kind: "a" })).toBe(1);
    expect(await list({ run, kind: "c" })).toBe(0);
    for await (const { name } of client.list({ labels: { run, kind: "a" } })) expect(name).toBe(first.name);
  },

  "update:labels-and-limits": async ({ createSandbox }) => {
    const sandbox = await createSandbox({
      labels: { kept: "1", changed: "1", removed: "1" },
      cpu: 1,
      memoryBytes: 384 * MIB,
    });
    const before = await sandbox.info();
    const answer = await sandbox.update({
      labels: { changed: "2", removed: null, added: "1" },
      memoryBytes: 512 * MIB,
    });
    for (const info of [answer, await sandbox.info()]) {
      expect(info.labels).toEqual({ kept: "1", changed: "2", added: "1" });
      expect(info.limits).toMatchObject({ cpu: 1, memoryBytes: 512 * MIB });
      expect(info.id).toBe(before.id);
      expect(info.revision).not.toBe(before.revision);
    }
    expect((await sandbox.exec(["echo", "alive"])).stdout).toBe("alive\n");
  },

  "update:lift-limits": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ cpu: 1, memoryBytes: 384 * MIB, processes: 500 });
    const answer = await sandbox.update({ cpu: null, memoryBytes: null });
    for (const { limits } of [answer, await sandbox.info()])
      expect(limits).toEqual({
        cpu: undefined,
        memoryBytes: undefined,
        diskBytes: undefined,
        processes: 500,
      });
    await sandbox.update({ processes: null, diskBytes: null });
    expect((await sandbox.info()).limits.processes).toBeUndefined();
    expect((await sandbox.exec(["echo", "alive"])).stdout).toBe("alive\n");
  },

  "update:disk-limit": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ diskBytes: 512 * MIB });
    const fill = shell('head -c 600M /dev/zero >"$HOME/big"; status=$?; rm "$HOME/big"; exit $status');
    expect((await sandbox.exec(fill)).status.exitCode).not.toBe(0);
    const larger = await sandbox.update({ diskBytes: 1536 * MIB });
    expect(larger.limits.diskBytes).toBe(1536 * MIB);
    expectSuccess(await sandbox.exec(fill));
    expect((await sandbox.update({ diskBytes: null })).limits.diskBytes).toBeUndefined();
    expectSuccess(await sandbox.exec(fill));
  },

  "update:disk-below-use": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ diskBytes: 1024 * MIB });
    expectSuccess(await sandbox.exec(shell('head -c 100M /dev/zero >"$HOME/file"; sync')));
    await expect(sandbox.update({ diskBytes: 64 * MIB })).rejects.toMatchObject({
      code: "CAPACITY_EXHAUSTED",
    });
    expect((await sandbox.info()).limits.diskBytes).toBe(1024 * MIB);
    expectSuccess(await sandbox.exec(shell('head -c 1M /dev/zero >>"$HOME/file"; sync')));
  },

  "update:if-revision": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    const { revision } = await sandbox.info();
    expect(revision).toBeTypeOf("string");
    await sandbox.update({ labels: { by: "first" } }, { ifRevision: revision });
    await expect(
      sandbox.update({ labels: { by: "second" } }, { ifRevision: revision }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await sandbox.info()).labels["by"]).toBe("first");
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
