import { afterEach, expect, test, vi } from "vitest";
import { startTimer } from "./start-timer.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
});

test("a delay that is longer than a timer can be ends when it is over, and not before", () => {
  vi.useFakeTimers();
  const act = vi.fn<() => void>();
  startTimer(60 * DAY_MS, act);
  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(act).toHaveBeenCalledOnce();
});

test("one that was called off does not call back", () => {
  vi.useFakeTimers();
  const act = vi.fn<() => void>();
  startTimer(60 * DAY_MS, act)[Symbol.dispose]();
  startTimer(Number.POSITIVE_INFINITY, act);
  vi.advanceTimersByTime(90 * DAY_MS);
  expect(act).not.toHaveBeenCalled();
});
