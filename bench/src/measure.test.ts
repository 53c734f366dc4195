import { expect, test } from "vitest";
import { measure } from "./measure.ts";
import type { Contestant } from "./row.ts";

function recorder() {
  const calls: string[] = [];
  const contestant =
    (name: string): Contestant =>
    async () => {
      calls.push(name);
      return async () => {
        calls.push(`undo ${name}`);
      };
    };
  return { calls, floor: contestant("floor"), subject: contestant("subject") };
}

test("the sides take turns, and which is first alternates", async () => {
  const { calls, floor, subject } = recorder();
  const measured = await measure({ floor, subject }, { pairs: 2, warmUps: 0 });
  expect(measured).toHaveLength(2);
  expect(calls.filter((call) => !call.startsWith("undo"))).toEqual(["floor", "subject", "subject", "floor"]);
});

test("what a call made is undone before the next call", async () => {
  const { calls, floor, subject } = recorder();
  await measure({ floor, subject }, { pairs: 1, warmUps: 0 });
  expect(calls).toEqual(["floor", "undo floor", "subject", "undo subject"]);
});

test("warm-ups run and are not counted", async () => {
  const { calls, floor, subject } = recorder();
  expect(await measure({ floor, subject }, { pairs: 1, warmUps: 3 })).toHaveLength(1);
  expect(calls.filter((call) => call === "subject")).toHaveLength(4);
});

test("an abort ends it with its reason", async () => {
  const { floor, subject } = recorder();
  const reason = new Error("enough");
  await expect(
    measure({ floor, subject }, { pairs: 1, warmUps: 0, signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason);
});
