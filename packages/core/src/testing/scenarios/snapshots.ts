import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { Sandbox } from "../../sandbox.ts";
import { abortCalls } from "../aborted.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

const MIB = 1024 * 1024;

export async function write(sandbox: Sandbox, text: string): Promise<void> {
  expectSuccess(await sandbox.exec(shell('cat >"$HOME/state"; sync'), { stdin: text }));
}

export async function read(sandbox: Sandbox): Promise<string> {
  return expectSuccess(await sandbox.exec(shell('cat "$HOME/state"'))).stdout;
}

async function listNames(sandbox: Sandbox): Promise<readonly string[]> {
  return (await sandbox.snapshots.list()).map(({ name }) => name);
}

/** Each state is written and kept under its own name; the times of two are never the same. */
async function keepStates(sandbox: Sandbox, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await write(sandbox, name);
    await sandbox.snapshots.create(name);
    await sleep(5);
  }
}

/** States that are kept and brought back. */
export const snapshots = {
  "snapshots:create-list-delete": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    expect(await listNames(sandbox)).toEqual([]);
    const before = Date.now();
    const first = await sandbox.snapshots.create("zz-first.1");
    expect(first.name).toBe("zz-first.1");
    // two machines' clocks
    expect(Math.abs(first.createdAt.getTime() - before)).toBeLessThan(60_000);
    await sleep(5);
    await sandbox.snapshots.create("Second_2");
    await sandbox.stop();
    await sleep(5);
    await sandbox.snapshots.create("a-third");
    const all = await sandbox.snapshots.list();
    expect(all.map(({ name }) => name)).toEqual(["zz-first.1", "Second_2", "a-third"]);
    expect(all[0]?.createdAt).toEqual(first.createdAt);
    for (const { sizeBytes = 0 } of all) expect(sizeBytes).toBeGreaterThanOrEqual(0);
    await sandbox.snapshots.delete("Second_2");
    expect(await listNames(sandbox)).toEqual(["zz-first.1", "a-third"]);
    expect((await sandbox.info()).status).toBe("stopped");
  },

  "snapshots:duplicate": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await keepStates(sandbox, ["once"]);
    const { createdAt } = (await sandbox.snapshots.list())[0] ?? expect.fail("there is no snapshot");
    await write(sandbox, "later");
    await expect(sandbox.snapshots.create("once")).rejects.toMatchObject({ code: "SNAPSHOT_ALREADY_EXISTS" });
    expect(await sandbox.snapshots.list()).toMatchObject([{ name: "once", createdAt }]);
    await sandbox.snapshots.restore("once");
    expect(await read(sandbox)).toBe("once");
  },

  "snapshots:missing": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await keepStates(sandbox, ["there"]);
    const notFound = { code: "SNAPSHOT_NOT_FOUND" };
    const marker = newMarker();
    const running = await sandbox.spawn(["sleep", marker]);
    await untilMarked(sandbox, marker, 1);
    await expect(sandbox.snapshots.restore("not-there")).rejects.toMatchObject(notFound);
    await expect(sandbox.snapshots.delete("not-there")).rejects.toMatchObject(notFound);
    expect(await countMarked(sandbox, marker)).toBe(1);
    expect(await listNames(sandbox)).toEqual(["there"]);
    for (const name of ["", "a/b", "a b", "../x", "pixels-own", "snapshot-own"])
      await expect(sandbox.snapshots.restore(name)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await running.kill();
  },

  "snapshots:of-missing-sandbox": async ({ client, newName, sandbox }) => {
    await sandbox.snapshots.list();
    const missing = client.sandbox(newName());
    const notFound = { code: "SANDBOX_NOT_FOUND" };
    await expect(missing.snapshots.create("any")).rejects.toMatchObject(notFound);
    await expect(missing.snapshots.list()).rejects.toMatchObject(notFound);
    await expect(missing.snapshots.restore("any")).rejects.toMatchObject(notFound);
    await expect(missing.snapshots.delete("any")).rejects.toMatchObject(notFound);
  },

  "snapshots:restore": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    expectSuccess(await sandbox.exec(shell('echo old >"$HOME/changed"; echo old >"$HOME/removed"; sync')));
    await sandbox.snapshots.create("before");
    expectSuccess(
      await sandbox.exec(
        shell('echo new >"$HOME/changed"; echo new >"$HOME/added"; rm "$HOME/removed"; sync'),
      ),
    );
    await sandbox.snapshots.restore("before");
    const { stdout } = await sandbox.exec(
      shell('cat "$HOME/changed" "$HOME/removed"; test -e "$HOME/added" || echo gone'),
    );
    expect(stdout).toBe("old\nold\ngone\n");
    expect(await listNames(sandbox)).toEqual(["before"]);
  },

  "snapshots:restore-keeps-today": async ({ createSandbox }) => {
    const sandbox = await createSandbox({
      memoryBytes: 384 * MIB,
      labels: { kept: "then", gone: "then" },
    });
    await keepStates(sandbox, ["then"]);
    const change = { cpu: 1, memoryBytes: 448 * MIB, processes: 300 };
    await sandbox.update({ ...change, labels: { kept: "now", gone: null, new: "now" } });
    const today = await sandbox.info();
    const told = { labels: { kept: "now", new: "now" }, limits: change };
    for (const running of [true, false]) {
      if (!running) await sandbox.stop();
      await sandbox.snapshots.restore("then");
      const { id, status, labels, limits, account, addresses } = await sandbox.info();
      expect({ id, account, addresses }).toEqual({
        id: today.id,
        account: today.account,
        addresses: today.addresses,
      });
      expect(status).toBe(running ? "running" : "stopped");
      expect(labels).toEqual(told.labels);
      expect(limits).toMatchObject(told.limits);
    }
    await sandbox.start();
    expect((await sandbox.info()).limits).toMatchObject(told.limits);
    expect(await read(sandbox)).toBe("then");
  },

  "snapshots:restore-restarts": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await keepStates(sandbox, ["kept"]);
    const marker = newMarker();
    expectSuccess(await sandbox.exec(shell(`setsid sleep ${marker} >/dev/null 2>&1 &`)));
    await untilMarked(sandbox, marker, 1);
    await sandbox.snapshots.restore("kept");
    expect((await sandbox.info()).status).toBe("running");
    expect(await countMarked(sandbox, marker)).toBe(0);
    await sandbox.stop();
    await sandbox.snapshots.restore("kept");
    expect((await sandbox.info()).status).toBe("stopped");
  },

  "snapshots:restore-any": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    const names = ["one", "two", "three"];
    await keepStates(sandbox, names);
    await write(sandbox, "now");
    for (const name of ["two", "one", "three", "one", "two", "three"]) {
      await sandbox.snapshots.restore(name);
      expect(await read(sandbox)).toBe(name);
      expect(await listNames(sandbox)).toEqual(names);
    }
  },

  "snapshots:restore-aborted": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ labels: { label: "then" } });
    await keepStates(sandbox, ["then"]);
    await sandbox.update({ labels: { label: "now" }, processes: 300 });
    await write(sandbox, "now");
    await abortCalls(
      (options) => sandbox.snapshots.restore("then", options),
      async () => {
        await sandbox.start();
        const { labels, limits } = await sandbox.info();
        expect({ labels, processes: limits.processes }).toEqual({ labels: { label: "now" }, processes: 300 });
        expect(["then", "now"]).toContain(await read(sandbox));
      },
    );
    await sandbox.snapshots.restore("then");
    expect(await read(sandbox)).toBe("then");
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
