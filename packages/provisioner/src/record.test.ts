import { describe, expect, test } from "vitest";
import { formatRecord, parseRecord } from "./record.ts";

const account = { id: "account", kind: "setup", title: "user pixel" } as const;

test("a record is read as it was written, and so is what a shell adds to it", () => {
  const steps = [
    { ...account, state: "done", detail: "uid 1000" },
    { id: "keys", kind: "setup", title: "keys", state: "pending" },
    {
      id: "tool-fd",
      kind: "tool",
      title: "fd",
      state: "failed",
      startedAt: new Date(1_000_000),
      endedAt: new Date(2_000_000),
    },
  ] as const;
  const text = formatRecord({ steps, runner: { pid: "12", startedAt: "345" } });
  expect(parseRecord(text)).toEqual({ steps, runner: { pid: "12", startedAt: "345" } });
  const later = parseRecord(`${text}state\tkeys\trunning\t7\t\nstate\tkeys\tskipped\t9\tno key\n`);
  expect(later.steps[1]).toEqual({
    id: "keys",
    kind: "setup",
    title: "keys",
    state: "skipped",
    detail: "no key",
    startedAt: new Date(7000),
    endedAt: new Date(9000),
  });
});

describe("what root in the sandbox may have written there", () => {
  test.each([
    "",
    "\0\t\n",
    "step\t../../etc/passwd\tsetup\tx",
    "step\tA\tsetup\tx",
    "step\tid\tother\tx",
    "state\tnobody\tdone\t1\t",
    "runner\t-1\t2",
    "runner\t1",
  ])("%j is nothing", (text) => {
    expect(parseRecord(text)).toEqual({ steps: [], runner: undefined });
  });

  test("prints as text, and not without end", () => {
    const { steps } = parseRecord(
      `step\ta\tsetup\tti\u001b[2Jtle\nstate\ta\tdone\tsoon\t${"x".repeat(9000)}\u0007\nstate\ta\tgone\t1\t`,
    );
    expect(steps).toEqual([
      { id: "a", kind: "setup", title: "ti [2Jtle", state: "done", detail: "x".repeat(500) },
    ]);
    const many = Array.from({ length: 5000 }, (_, index) => `step\ts${index}\tsetup\tx`).join("\n");
    expect(parseRecord(many).steps).toHaveLength(100);
  });
});
