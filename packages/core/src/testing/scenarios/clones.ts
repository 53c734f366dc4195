import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import { abortCreates } from "../aborted.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";
import { listMatching } from "./lifecycle.ts";
import { read, write } from "./snapshots.ts";

const MIB = 1024 * 1024;

/** Sandboxes that are made from others. */
export const clones = {
  "clone:from-sandbox": async ({ createSandbox }) => {
    const first = await createSandbox();
    await write(first, "of both");
    const marker = newMarker();
    expectSuccess(await first.exec(shell(`setsid sleep ${marker} >/dev/null 2>&1 &`)));
    await untilMarked(first, marker, 1);
    const second = await createSandbox({ source: { kind: "sandbox", sandbox: first.name } });
    expect((await second.info()).status).toBe("running");
    expect(await read(second)).toBe("of both");
    expect(await countMarked(first, marker)).toBe(1);
    await write(second, "of the second");
    expect(await read(first)).toBe("of both");
    await first.stop();
    const third = await createSandbox({ source: { kind: "sandbox", sandbox: first.name } });
    expect(await read(third)).toBe("of both");
    expect((await first.info()).status).toBe("stopped");
  },

  "clone:from-snapshot": async ({ createSandbox }) => {
    const first = await createSandbox();
    await write(first, "kept");
    await first.snapshots.create("kept");
    await write(first, "later");
    const source = { kind: "snapshot", sandbox: first.name, snapshot: "kept" } as const;
    const second = await createSandbox({ source });
    expect(await read(second)).toBe("kept");
    expect(await read(first)).toBe("later");
  },

  "clone:own-identity": async ({ createSandbox }) => {
    const first = await createSandbox();
    await first.snapshots.create("kept");
    const copies = [
      await createSandbox({ source: { kind: "sandbox", sandbox: first.name } }),
      await createSandbox({ source: { kind: "snapshot", sandbox: first.name, snapshot: "kept" } }),
    ];
    const all = await Promise.all([first, ...copies].map((sandbox) => sandbox.info()));
    expect(new Set(all.map(({ id }) => id)).size).toBe(3);
    const addresses = all.flatMap((info) => info.addresses);
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    expect(new Set(addresses).size).toBe(addresses.length);
    for (const clone of copies) expect(await clone.snapshots.list()).toEqual([]);
  },

  "clone:inherits": async ({ createSandbox }) => {
    const first = await createSandbox({ memoryBytes: 384 * MIB, labels: { of: "first" } });
    await first.snapshots.create("before-the-change");
    await first.update({ memoryBytes: 448 * MIB, processes: 300 });
    const { account, image, limits } = await first.info();
    expect(limits).toMatchObject({ memoryBytes: 448 * MIB, processes: 300 });
    for (const source of [
      { kind: "sandbox", sandbox: first.name },
      { kind: "snapshot", sandbox: first.name, snapshot: "before-the-change" },
    ] as const)
      expect(await (await createSandbox({ source })).info()).toMatchObject({
        account,
        image,
        limits,
        labels: {},
      });
    expect((await first.info()).labels).toEqual({ of: "first" });
  },

  "clone:overrides": async ({ createSandbox }) => {
    const first = await createSandbox({ memoryBytes: 384 * MIB, processes: 300, labels: { of: "first" } });
    const source = { kind: "sandbox", sandbox: first.name } as const;
    const labels = { own: "yes" };
    const clone = await createSandbox({ source, memoryBytes: 448 * MIB, labels });
    const info = await clone.info();
    expect(info.limits).toMatchObject({ memoryBytes: 448 * MIB, processes: 300 });
    expect(info.labels).toEqual(labels);
  },

  "clone:outlives-source": async ({ createSandbox }) => {
    const first = await createSandbox();
    await write(first, "kept");
    await first.snapshots.create("kept");
    const clone = await createSandbox({
      source: { kind: "snapshot", sandbox: first.name, snapshot: "kept" },
    });
    await first.snapshots.delete("kept");
    expect(await read(clone)).toBe("kept");
    await first.destroy();
    await clone.stop();
    await clone.start();
    expect(await read(clone)).toBe("kept");
  },

  "clone:source-missing": async (context) => {
    const first = await context.createSandbox();
    await context.createSandbox({ source: { kind: "sandbox", sandbox: first.name } });
    const missing = context.newName();
    const name = context.newName();
    for (const [source, code] of [
      [{ kind: "sandbox", sandbox: missing }, "SANDBOX_NOT_FOUND"],
      [{ kind: "snapshot", sandbox: missing, snapshot: "any" }, "SANDBOX_NOT_FOUND"],
      [{ kind: "snapshot", sandbox: first.name, snapshot: "not-there" }, "SNAPSHOT_NOT_FOUND"],
    ] as const)
      await expect(context.client.create({ name, source })).rejects.toMatchObject({ code });
    expect(await listMatching(context, (info) => info.name === name)).toEqual([]);
  },

  "clone:aborted": async (context) => {
    const first = await context.createSandbox();
    await write(first, "kept");
    await context.createSandbox({ source: { kind: "sandbox", sandbox: first.name } });
    const { id } = await first.info();
    await abortCreates(context, { kind: "sandbox", sandbox: first.name });
    expect(await first.info()).toMatchObject({ id, status: "running" });
    expect(await read(first)).toBe("kept");
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
