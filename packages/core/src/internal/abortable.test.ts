import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { abortable } from "./abortable.ts";

test("gives the promise's own outcome and leaves no listener", async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve("done"), signal)).toBe("done");
  await expect(abortable(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  expect(await abortable(Promise.resolve("done"), undefined)).toBe("done");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("rejects with the signal's reason, untouched, before and while it waits", async () => {
  const reason = { any: "value" };
  const never = new Promise<never>(() => {});
  await expect(abortable(never, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const waiting = abortable(never, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

test.each([
  ["before it waits", true],
  ["while it waits", false],
])("what fails after an abort %s is no unhandled rejection", async (_when, before) => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", listener);
  try {
    const controller = new AbortController();
    let fail: ((error: Error) => void) | undefined;
    const failing = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    if (before) controller.abort("stop");
    const waiting = abortable(failing, controller.signal);
    controller.abort("stop");
    await expect(waiting).rejects.toBe("stop");
    fail?.(new Error("too late"));
    // the process tells of it once its microtasks are done
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", listener);
  }
});
