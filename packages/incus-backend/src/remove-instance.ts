import type { CallOptions, StopOptions } from "@pixels/core";
import { poll } from "@pixels/core/backend";
import { isNotFound } from "./errors.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError } from "./rest/errors.ts";

const DEFAULT_GRACE_MS = 10_000;
/** Seconds; a kill that takes longer hangs in the kernel. */
const FORCE_TIMEOUT_SECONDS = 30;
/** How long another operation on the instance is waited for. */
const BUSY_TIMEOUT_MS = 60_000;

/** True for a refusal because another operation holds the instance. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof IncusApiError &&
    /busy running a|matching non-reusable operation/.test(error.serverMessage)
  );
}

function isStopped(error: unknown): boolean {
  return (
    error instanceof IncusApiError && /already stopped|is not running|isn't running/.test(error.serverMessage)
  );
}

/** Runs the step until no other operation holds the instance. An instance that is gone counts as done. */
async function whenFree(step: () => Promise<void>, { signal }: CallOptions): Promise<void> {
  await poll(
    async () => {
      try {
        await step();
      } catch (error) {
        if (isBusy(error)) return undefined;
        if (!isNotFound(error) && !isStopped(error)) throw error;
      }
      return true;
    },
    { what: "another operation on the sandbox to end", timeoutMs: BUSY_TIMEOUT_MS, intervalMs: 50, signal },
  );
}

/** Shuts the instance down, and kills it when that takes longer than its grace. A stopped one is fine, a missing one rejects. */
export async function stopInstance(
  api: IncusApi,
  instance: string,
  { graceMs = DEFAULT_GRACE_MS, signal }: StopOptions,
): Promise<void> {
  const { status } = (await api.instances.get(instance, { signal })).instance;
  if (status === "Stopped") return;
  if (graceMs === 0) return await forceStop(api, instance, { signal });
  const timeout = Math.ceil(graceMs / 1000);
  try {
    await whenFree(() => api.instanceState.put(instance, { action: "stop", timeout }, { signal }), {
      signal,
    });
  } catch (error) {
    if (!(error instanceof IncusApiError)) throw error;
    await forceStop(api, instance, { signal });
  }
}

async function forceStop(api: IncusApi, instance: string, { signal }: CallOptions): Promise<void> {
  await whenFree(
    () =>
      api.instanceState.put(
        instance,
        { action: "stop", force: true, timeout: FORCE_TIMEOUT_SECONDS },
        { signal },
      ),
    { signal },
  );
}

/** Kills and removes the instance; waits for another operation on it to end first. A missing one is fine. */
export async function removeInstance(api: IncusApi, instance: string, options: CallOptions): Promise<void> {
  const { signal } = options;
  await poll(
    async () => {
      await forceStop(api, instance, { signal });
      try {
        await api.instances.delete(instance, { signal });
      } catch (error) {
        // started again, or claimed by an operation, since it was stopped
        if (isBusy(error) || (error instanceof IncusApiError && /is running/.test(error.serverMessage)))
          return undefined;
        if (!isNotFound(error)) throw error;
      }
      return true;
    },
    { what: "the sandbox to be removed", timeoutMs: BUSY_TIMEOUT_MS, intervalMs: 50, signal },
  );
}
