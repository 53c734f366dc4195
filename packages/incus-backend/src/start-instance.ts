import type { SandboxName, WaitOptions } from "@pixels/core";
import { toInstanceName } from "@pixels/core/backend";
import { waitForBoot } from "./boot.ts";
import type { InstancesOptions } from "./instances.ts";
import { IncusApiError } from "./rest/errors.ts";

/** Starts the instance and waits for its boot; one that runs is fine. */
export async function startInstance(
  { api }: Pick<InstancesOptions, "api">,
  name: SandboxName,
  options: WaitOptions,
): Promise<void> {
  options.onProgress?.("starting");
  try {
    await api.instanceState.put(toInstanceName(name), { action: "start" }, options);
  } catch (error) {
    if (!(error instanceof IncusApiError) || !/already running/.test(error.serverMessage)) throw error;
  }
  options.onProgress?.("booting");
  await waitForBoot(api, name, options);
}
