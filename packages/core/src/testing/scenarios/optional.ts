import { expect } from "vitest";
import type { InstanceEvent } from "../../backend/backend.ts";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

/** What not every backend can do. */
export const optional = {
  "create:from-sandbox": async ({ createSandbox }) => {
    const first = await createSandbox();
    expectSuccess(await first.exec(shell('echo here >"$HOME/file"')));
    const second = await createSandbox({ source: { kind: "sandbox", sandbox: first.name } });
    expect((await second.exec(shell('cat "$HOME/file"'))).stdout).toBe("here\n");
    expect((await second.info()).id).not.toBe((await first.info()).id);
  },

  "snapshots:restore": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await sandbox.snapshots.create("before");
    expectSuccess(await sandbox.exec(shell('echo after >"$HOME/after"; sync')));
    await sandbox.snapshots.restore("before");
    await sandbox.start();
    expect((await sandbox.exec(shell('test -e "$HOME/after"'))).status.exitCode).toBe(1);
    expect((await sandbox.snapshots.list()).map(({ name }) => name)).toEqual(["before"]);
  },

  "egress:set": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await sandbox.egress.set({ mode: "blocked" });
    expect((await sandbox.egress.get()).policy).toEqual({ mode: "blocked" });
  },

  "events:watch": async ({ client, createSandbox }) => {
    const controller = new AbortController();
    const events = client.watch({ signal: controller.signal })[Symbol.asyncIterator]();
    try {
      expect(await events.next()).toEqual({ done: false, value: { kind: "watching" } });
      const sandbox = await createSandbox();
      const expectNext = async (kind: InstanceEvent["kind"]): Promise<void> => {
        for (;;) {
          const { done, value } = await events.next();
          if (done === true) expect.fail("the events ended");
          if (value.kind !== "watching" && value.kind === kind && value.name === sandbox.name) return;
        }
      };
      await expectNext("created");
      await expectNext("started");
      await sandbox.update({ labels: { changed: "yes" } });
      await expectNext("updated");
      await sandbox.stop();
      await expectNext("stopped");
      await sandbox.destroy();
      await expectNext("deleted");
      const reason = new Error("enough");
      const next = events.next();
      controller.abort(reason);
      await expect(next).rejects.toBe(reason);
    } finally {
      await events.return?.();
    }
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
