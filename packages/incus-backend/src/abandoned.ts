import type { CallOptions, SandboxName } from "@pixels/core";
import { fromInstanceName, getOwnerLiveness, parseOwner } from "@pixels/core/backend";
import { configKeys } from "./config-keys.ts";
import { isNotFound } from "./errors.ts";
import type { InstancesOptions } from "./instances.ts";
import { removeInstance } from "./remove-instance.ts";
import type { IncusApi } from "./rest/api.ts";
import type { Instance } from "./rest/schemas.ts";

/** No create takes this long: past it, an owner on a machine that we cannot look into counts as dead. */
const UNKNOWN_OWNER_MS = 60 * 60 * 1000;

/** True for an instance of ours whose creator died before it was ready, or is this process and failed to remove it (`unremoved`). */
export function isAbandoned({ config, created_at }: Instance, unremoved: ReadonlySet<string>): boolean {
  const id = config[configKeys.id];
  if (id === undefined || config[configKeys.state] !== "creating") return false;
  if (unremoved.has(id)) return true;
  const owner = parseOwner(config[configKeys.owner] ?? "");
  const liveness = owner === undefined ? "unknown" : getOwnerLiveness(owner);
  switch (liveness) {
    case "alive":
      return false;
    case "dead":
      return true;
    case "unknown":
      return Date.now() - new Date(created_at).getTime() > UNKNOWN_OWNER_MS;
  }
}

/** Removes abandoned instances, each after a last look that it is the same one still. */
export async function collectAbandoned(
  { api, unremoved }: Pick<InstancesOptions, "api" | "unremoved">,
  options: CallOptions,
): Promise<readonly SandboxName[]> {
  const instances = (await api.instances.list(options)).filter((instance) =>
    isAbandoned(instance, unremoved),
  );
  const removed: SandboxName[] = [];
  await Promise.all(
    instances.map(async ({ name, config }) => {
      const sandbox = fromInstanceName(name);
      if (sandbox === undefined) return;
      if (await removeIfSame(api, name, config[configKeys.id], options)) removed.push(sandbox);
    }),
  );
  return removed;
}

/** Removes the instance only while it is the one with this id: a new one of the same name is somebody else's. */
export async function removeIfSame(
  api: IncusApi,
  name: string,
  id: string | undefined,
  options: CallOptions,
): Promise<boolean> {
  try {
    const { instance } = await api.instances.get(name, options);
    if (id === undefined || instance.config[configKeys.id] !== id) return false;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
  await removeInstance(api, name, options);
  return true;
}
