import type { Sandbox, WaitOptions } from "@pixels/core";
import { poll } from "@pixels/core/backend";
import type { Provisioning } from "./provisioning.ts";
import { readProvisioning } from "./read-provisioning.ts";

const INTERVAL_MS = 200;
/** As long as a create may take that installs packages. */
const DEFAULT_TIMEOUT_MS = 20 * 60_000;

/**
 * Resolves once a sandbox that somebody may still be creating is ready for a login, with how far it is provisioned; undefined where it never
 * was. Tools that are installed in the background are not waited for. Rejects with SANDBOX_NOT_FOUND where its creation failed, and with
 * TIMEOUT.
 */
export async function waitForProvisioning(
  sandbox: Sandbox,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS, onProgress }: WaitOptions = {},
): Promise<Provisioning | undefined> {
  let told = false;
  await poll(
    async () => {
      if ((await sandbox.info({ signal })).status !== "creating") return true;
      if (!told) onProgress?.("provisioning");
      told = true;
      return undefined;
    },
    {
      what: `sandbox ${JSON.stringify(sandbox.name)} to be created`,
      timeoutMs,
      intervalMs: INTERVAL_MS,
      signal,
    },
  );
  return await readProvisioning(sandbox, { signal });
}
