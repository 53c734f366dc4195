import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxName } from "@pixels/core";
import { planSignal } from "@pixels/core/backend";
import { runAsRoot } from "./exec-parts.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError, IncusConnectionError } from "./rest/errors.ts";

/** A daemon that restarts is away for seconds; one that stays away longer is somebody's decision. */
const ORPHAN_TIMEOUT_MS = 60_000;
const ATTEMPT_TIMEOUT_MS = 10_000;
const RETRY_MS = 250;
/** How long disposing waits: for a service manager to bring the daemon back, not for an administrator. */
const DISPOSE_TIMEOUT_MS = 5000;

/**
 * Ends commands whose connection was lost. A daemon that cut it has done so already; one that was killed has left the command running, and
 * this does it once there is a daemon again. It does not keep the process from ending, and tells nobody how it went.
 */
export interface Orphans extends AsyncDisposable {
  /** `id` is the command's. */
  end(name: SandboxName, id: string): void;
}

export function createOrphans(api: IncusApi): Orphans {
  const ending = new Set<Promise<void>>();
  return {
    end(name, id) {
      const work = endOrphan(api, name, id).finally(() => ending.delete(work));
      ending.add(work);
    },

    async [Symbol.asyncDispose]() {
      if (ending.size === 0) return;
      const timer = new AbortController();
      const enough = sleep(DISPOSE_TIMEOUT_MS, undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([Promise.all(ending), enough]);
      timer.abort();
    },
  };
}

async function endOrphan(api: IncusApi, name: SandboxName, id: string): Promise<void> {
  const end = performance.now() + ORPHAN_TIMEOUT_MS;
  while (performance.now() < end && !api.transport.closed) {
    try {
      const options = { signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS) };
      await runAsRoot(api, { name, command: planSignal(id, "KILL") }, options);
      return;
    } catch (error) {
      const again =
        error instanceof IncusConnectionError || (error instanceof IncusApiError && error.status >= 500);
      if (!again) return;
    }
    await sleep(RETRY_MS, undefined, { ref: false });
  }
}
