import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { SandboxInfo } from "../../sandbox.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";

const keepsFor = { rounds: 6, intervalMs: 300 } as const;

export async function listMatching(
  { client }: ScenarioContext,
  wanted: (info: SandboxInfo) => boolean,
): Promise<readonly SandboxInfo[]> {
  const found: SandboxInfo[] = [];
  for await (const info of client.list()) if (wanted(info)) found.push(info);
  return found;
}

export const lifecycle = {
  "create:running-and-ready": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    expectSuccess(await sandbox.exec(shell('echo here >/tmp/early && echo here >"$HOME/early"')));
    expect((await sandbox.info()).status).toBe("running");
    for (let round = 0; round < keepsFor.rounds; round++) {
      const { stdout } = await sandbox.exec(shell('cat /tmp/early "$HOME/early"'));
      expect(stdout).toBe("here\nhere\n");
      await sleep(keepsFor.intervalMs);
    }
  },

  "create:duplicate": async ({ client, createSandbox, image }) => {
    const first = await createSandbox();
    expectSuccess(await first.exec(shell('echo mine >"$HOME/owner"')));
    const { id } = await first.info();
    const source = { kind: "image", image } as const;
    await expect(client.create({ name: first.name, source })).rejects.toMatchObject({
      code: "SANDBOX_ALREADY_EXISTS",
    });
    expect(await first.info()).toMatchObject({ id, status: "running" });
    expect((await first.exec(shell('cat "$HOME/owner"'))).stdout).toBe("mine\n");
  },

  "create:image-missing": async (context) => {
    const name = context.newName();
    const source = { kind: "image", image: "pixels-no-such-image/0" } as const;
    await expect(context.client.create({ name, source })).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect(await listMatching(context, (info) => info.name === name)).toEqual([]);
  },

  "get:missing": async ({ client, newName }) => {
    const name = newName();
    const missing = client.sandbox(name);
    const notFound = { code: "SANDBOX_NOT_FOUND" };
    await expect(client.get(name)).rejects.toMatchObject(notFound);
    await expect(missing.info()).rejects.toMatchObject(notFound);
    await expect(missing.exec(["true"])).rejects.toMatchObject(notFound);
    await expect(missing.exec(["true"], { root: true })).rejects.toMatchObject(notFound);
    await expect(missing.start()).rejects.toMatchObject(notFound);
    await expect(missing.stop()).rejects.toMatchObject(notFound);
    await expect(missing.update({ labels: { a: "b" } })).rejects.toMatchObject(notFound);
  },

  "list:sorted-with-addresses": async (context) => {
    const names = [context.newName(), context.newName()].toSorted();
    const source = { kind: "image", image: context.image } as const;
    for (const name of names.toReversed()) await context.client.create({ name, source });
    const all = (await listMatching(context, () => true)).map((info): string => info.name);
    expect(all).toEqual(all.toSorted());
    const ours = await listMatching(context, (info) => names.includes(info.name));
    expect(ours.map((info): string => info.name)).toEqual(names);
    for (const { status, addresses } of ours) {
      expect(status).toBe("running");
      expect(addresses.length).toBeGreaterThan(0);
      expect(addresses.filter((address) => isIP(address) === 0)).toEqual([]);
    }
    const addresses = ours.flatMap((info) => info.addresses);
    expect(new Set(addresses).size).toBe(addresses.length);
  },

  "stop:idempotent": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await sandbox.stop();
    expect((await sandbox.info()).status).toBe("stopped");
    await sandbox.stop();
    expect((await sandbox.info()).status).toBe("stopped");
  },

  "stop:ends-processes": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    const marker = newMarker();
    expectSuccess(
      await sandbox.exec(shell(`trap '' TERM HUP INT; setsid sleep ${marker} >/dev/null 2>&1 &`)),
    );
    const running = await sandbox.spawn(shell(`trap '' TERM HUP INT; sleep ${marker}; sleep ${marker}`));
    await untilMarked(sandbox, marker, 2);
    await sandbox.stop({ graceMs: 1000 });
    // how a backend tells of a command that was cut off is its own affair; that it does is not
    await running.wait().catch(() => {});
    await running[Symbol.asyncDispose]();
    await sandbox.start();
    expect(await countMarked(sandbox, marker)).toBe(0);
  },

  "start:idempotent-and-ready": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await sandbox.start();
    await sandbox.stop();
    await sandbox.start();
    expect((await sandbox.exec(["echo", "ready"])).stdout).toBe("ready\n");
    await sandbox.start();
    expect((await sandbox.info()).status).toBe("running");
  },

  "start:keeps-files-and-id": async ({ createSandbox }) => {
    const sandbox = await createSandbox({ labels: { kept: "yes" }, memoryBytes: 512 * 1024 * 1024 });
    expectSuccess(await sandbox.exec(shell('echo kept >"$HOME/kept"')));
    const { id, createdAt, limits } = await sandbox.info();
    await sandbox.stop();
    await sandbox.start();
    expect((await sandbox.exec(shell('cat "$HOME/kept"'))).stdout).toBe("kept\n");
    expect(await sandbox.info()).toMatchObject({ id, createdAt, limits, labels: { kept: "yes" } });
  },

  "destroy:idempotent": async ({ client, createSandbox, newName }) => {
    await client.sandbox(newName()).destroy();
    const running = await createSandbox();
    await running.exec(shell("sleep 600 >/dev/null 2>&1 &"));
    await running.destroy();
    await running.destroy();
    await expect(client.get(running.name)).rejects.toMatchObject({ code: "SANDBOX_NOT_FOUND" });
    const stopped = await createSandbox();
    await stopped.stop();
    await stopped.destroy();
    await expect(client.get(stopped.name)).rejects.toMatchObject({ code: "SANDBOX_NOT_FOUND" });
  },

  "destroy:new-id": async ({ createSandbox }) => {
    const first = await createSandbox();
    const { id } = await first.info();
    expectSuccess(await first.exec(shell('echo old >"$HOME/old"')));
    await first.destroy();
    const second = await createSandbox({ name: first.name });
    expect((await second.info()).id).not.toBe(id);
    expect((await second.exec(shell('test -e "$HOME/old"'))).status.exitCode).toBe(1);
  },

  "dispose:destroys": async ({ client, createSandbox }) => {
    let name: string;
    {
      await using sandbox = await createSandbox();
      ({ name } = sandbox);
      expect((await client.get(name)).name).toBe(name);
    }
    await expect(client.get(name)).rejects.toMatchObject({ code: "SANDBOX_NOT_FOUND" });
  },

  "dispose:own-only": async ({ client, createSandbox, image }) => {
    let name: string;
    {
      await using first = await createSandbox();
      ({ name } = first);
      await first.destroy();
      (await client.create({ name, source: { kind: "image", image } })).release();
    }
    expect((await client.get(name)).name).toBe(name);
    await client.sandbox(name).destroy();
  },

  "release:lives-on": async ({ client, createSandbox }) => {
    let name: string;
    {
      await using owned = await createSandbox();
      ({ name } = owned.release());
    }
    const sandbox = await client.get(name);
    expect((await sandbox.exec(["echo", "alive"])).stdout).toBe("alive\n");
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
