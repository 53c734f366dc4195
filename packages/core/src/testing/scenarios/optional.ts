import { expect } from "vitest";
import type { InstanceEvent } from "../../backend/backend.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

/** What not every backend can do. */
export const optional = {
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
