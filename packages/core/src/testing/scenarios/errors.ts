import { expect } from "vitest";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

const badNames = [
  "",
  "-",
  "a-",
  "-a",
  "a--b",
  "A",
  "1a",
  "a_b",
  "a.b",
  "a b",
  "a/b",
  "../a",
  "a\n",
  "a\0",
  "ä",
  "a".repeat(61),
  "%61",
  "a?b=c",
  "px-",
  "px-px-a",
  "sys-a",
  "px-sys-a",
];

/** What is refused, and what is left alone. */
export const errors = {
  "errors:bad-names": async ({ client, image }) => {
    const refusal = { code: "INVALID_ARGUMENT" };
    for (const name of badNames) {
      await expect(client.create({ name, source: { kind: "image", image } })).rejects.toMatchObject(refusal);
      await expect(client.get(name)).rejects.toMatchObject(refusal);
      expect(() => client.sandbox(name)).toThrow(expect.objectContaining(refusal));
    }
  },

  "errors:living-create": async ({ client, createSandbox, newName, image }) => {
    const bystander = await createSandbox();
    const name = newName();
    const creating = client.create({ name, source: { kind: "image", image } });
    for (let created = false; !created;) {
      const collected: readonly string[] = await client.collectAbandoned();
      expect(collected).not.toContain(name);
      expect(collected).not.toContain(bystander.name);
      const listed = (await client.listAbandoned()).map((abandoned): string => abandoned.name);
      expect(listed).not.toContain(name);
      expect(listed).not.toContain(bystander.name);
      const nextTurn = new Promise<false>((resolve) => setImmediate(resolve, false));
      created = await Promise.race([creating.then(() => true), nextTurn]);
    }
    const sandbox = await creating;
    expect((await sandbox.exec(["echo", "alive"])).stdout).toBe("alive\n");
    await bystander.stop();
    await client.collectAbandoned();
    expect((await bystander.info()).status).toBe("stopped");
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
