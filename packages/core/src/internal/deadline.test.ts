import { getEventListeners } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openDeadline } from "./deadline.ts";
import { withDeadline, withPatience } from "./with-deadline.ts";

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

describe("a deadline", () => {
  test("follows the caller's signal, with its reason", () => {
    const controller = new AbortController();
    const reason = { any: "value" };
    using deadline = openDeadline({ signal: controller.signal, timeoutMs: 60_000, what: "waiting" });
    expect(deadline.signal.aborted).toBe(false);
    controller.abort(reason);
    expect(deadline.signal.reason).toBe(reason);
    expect(deadline.timedOut()).toBeUndefined();
  });

  test("is aborted from the start where the caller's signal is", () => {
    const reason = new Error("enough");
    using deadline = openDeadline({ signal: AbortSignal.abort(reason), what: "waiting" });
    expect(deadline.signal.reason).toBe(reason);
  });

  test("aborts with TIMEOUT, which names the call", async () => {
    using deadline = openDeadline({ timeoutMs: 5, what: 'creating sandbox "dev"' });
    await expect(never(deadline.signal)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: 'creating sandbox "dev" took longer than 5 ms',
      context: { timeoutMs: 5 },
    });
    expect(deadline.timedOut()).toBe(deadline.signal.reason);
  });

  test("counts anew when it is restarted, and says so", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    using deadline = openDeadline({ timeoutMs: 100, what: "waiting" });
    for (let turn = 0; turn < 5; turn++) {
      vi.advanceTimersByTime(90);
      deadline.restart();
    }
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(100);
    expect(deadline.timedOut()).toMatchObject({
      code: "TIMEOUT",
      message: "waiting made no progress for 100 ms",
    });
  });

  test("does not count as timed out when the caller was first", async () => {
    const controller = new AbortController();
    using deadline = openDeadline({ signal: controller.signal, timeoutMs: 5, what: "waiting" });
    controller.abort();
    using later = openDeadline({ timeoutMs: 20, what: "the test" });
    await never(later.signal).catch(() => {});
    expect(deadline.timedOut()).toBeUndefined();
    expect(deadline.signal.reason).toBe(controller.signal.reason);
  });

  test("lets go of the caller's signal and of its timer when it is disposed", async () => {
    const { signal } = new AbortController();
    let follower: AbortSignal;
    {
      using deadline = openDeadline({ signal, timeoutMs: 5, what: "waiting" });
      follower = deadline.signal;
      expect(getEventListeners(signal, "abort")).toHaveLength(1);
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
    using later = openDeadline({ timeoutMs: 20, what: "the test" });
    await never(later.signal).catch(() => {});
    expect(follower.aborted).toBe(false);
  });
});

describe("withDeadline", () => {
  test("gives what the call gives, and leaves no listener", async () => {
    const { signal } = new AbortController();
    expect(await withDeadline({ signal, timeoutMs: 60_000 }, "calling", async () => "done")).toBe("done");
    await expect(
      withDeadline({ signal }, "calling", async () => {
        throw new Error("broken");
      }),
    ).rejects.toThrow("broken");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("does not call at all where the signal is aborted", async () => {
    const reason = new Error("enough");
    let called = false;
    const call = withDeadline({ signal: AbortSignal.abort(reason) }, "calling", async () => {
      called = true;
    });
    await expect(call).rejects.toBe(reason);
    expect(called).toBe(false);
  });

  test("hands the caller's onProgress and a signal with the time limit on", async () => {
    const phases: string[] = [];
    const call = withDeadline(
      { timeoutMs: 5, onProgress: (phase) => phases.push(phase) },
      "calling",
      async ({ signal, onProgress }) => {
        onProgress?.("starting");
        return await never(signal ?? AbortSignal.abort());
      },
    );
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(phases).toEqual(["starting"]);
  });
});

describe("a call with patience", () => {
  test("goes on while it makes progress, which it hands on, and ends once it makes none", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const phases: string[] = [];
    let progress: ((phase: string) => void) | undefined;
    const calling = withPatience(
      { silenceMs: 100, onProgress: (phase) => void phases.push(phase) },
      "waiting",
      async ({ signal, onProgress }) => {
        progress = onProgress;
        return await never(signal ?? AbortSignal.abort());
      },
    );
    calling.catch(() => {});
    for (const phase of ["one", "two", "three"]) {
      await vi.advanceTimersByTimeAsync(90);
      progress?.(phase);
    }
    await vi.advanceTimersByTimeAsync(100);
    await expect(calling).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(phases).toEqual(["one", "two", "three"]);
  });
});
