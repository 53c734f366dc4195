import { expect, test } from "vitest";
import { poll } from "./poll.ts";

const options = { what: "the moon", timeoutMs: 5000, intervalMs: 1 } as const;

test("poll gives what an attempt found", async () => {
  let attempts = 0;
  expect(await poll(async () => (++attempts < 4 ? undefined : `found at ${attempts}`), options)).toBe(
    "found at 4",
  );
});

test("poll takes everything but undefined as found", async () => {
  for (const value of [null, false, 0, ""]) expect(await poll(async () => value, options)).toBe(value);
});

test("poll rejects with TIMEOUT, and says what it waited for", async () => {
  const failure = poll(async () => undefined, { ...options, timeoutMs: 20 });
  await expect(failure).rejects.toMatchObject({ code: "TIMEOUT", message: "waited 20 ms for the moon" });
});

test("poll tries at least once", async () => {
  expect(await poll(async () => "there", { ...options, timeoutMs: 0, intervalMs: 1000 })).toBe("there");
});

test("poll does not try again after an attempt has failed", async () => {
  let attempts = 0;
  const error = new Error("broken");
  const attempt = async (): Promise<never> => {
    attempts++;
    throw error;
  };
  await expect(poll(attempt, options)).rejects.toBe(error);
  expect(attempts).toBe(1);
});

test("poll rejects with the signal's reason, before and while it waits", async () => {
  const reason = new Error("enough");
  let attempts = 0;
  const attempt = async (): Promise<undefined> => void attempts++;
  await expect(poll(attempt, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(attempts).toBe(0);
  const controller = new AbortController();
  const failure = poll(attempt, {
    ...options,
    timeoutMs: 100_000,
    intervalMs: 50_000,
    signal: controller.signal,
  });
  setImmediate(() => controller.abort(reason));
  await expect(failure).rejects.toBe(reason);
  expect(attempts).toBe(1);
});
