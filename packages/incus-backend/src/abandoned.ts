import type { AbandonedSandbox, CallOptions, SandboxName } from "@pixels/core";
import { currentOwner, formatOwner, fromInstanceName, INSTANCE_PREFIX, poll } from "@pixels/core/backend";
import { configKeys } from "./config-keys.ts";
import { isNotFound } from "./errors.ts";
import type { InstancesOptions } from "./instances.ts";
import { isOwnerDead } from "./owner-dead.ts";
import { isBusy, removeInstance } from "./remove-instance.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError } from "./rest/errors.ts";
import { finishAllInterrupted } from "./restore.ts";
import { listInterrupted } from "./restore-mark.ts";
import type { Instance } from "./rest/schemas.ts";

/** Those with a state, which are few or none, whatever else there is. */
const MARKED = ["creating", "removing"].map((state) => `config.${configKeys.state} eq ${state}`).join(" or ");
const CLAIM_TIMEOUT_MS = 60_000;
const PRECONDITION_FAILED = 412;

/**
 * True for an instance of ours whose creator, or whoever was to remove it, died before they were done; or which this process failed to
 * remove (`unremoved`).
 */
export function isAbandoned({ config, created_at }: Instance, unremoved: ReadonlySet<string>): boolean {
  const id = config[configKeys.id];
  if (id === undefined) return false;
  if (unremoved.has(id)) return true;
  if (config[configKeys.state] === undefined) return false;
  return isOwnerDead(config[configKeys.owner], new Date(created_at).getTime());
}

type Parts = Pick<InstancesOptions, "api" | "unremoved">;

async function findAbandoned({ api, unremoved }: Parts, options: CallOptions): Promise<readonly Instance[]> {
  // what this process could not remove may have no mark any more
  const filter = unremoved.size === 0 ? MARKED : undefined;
  const marked = await api.instances.list({ ...options, filter });
  return marked.filter((instance) => isAbandoned(instance, unremoved));
}

/** What `collectAbandoned` would act on, by name; what pixels made for itself is not told. */
export async function listAbandoned(
  parts: Parts,
  options: CallOptions,
): Promise<readonly AbandonedSandbox[]> {
  const [instances, marks] = await Promise.all([
    findAbandoned(parts, options),
    listInterrupted(parts, options),
  ]);
  const found: AbandonedSandbox[] = marks.map(({ sandbox, begunAt }) => ({
    name: sandbox,
    doing: "restore",
    begunAt: new Date(begunAt),
  }));
  for (const { name: instance, config, created_at } of instances) {
    const name = fromInstanceName(instance);
    if (name === undefined) continue;
    found.push(
      config[configKeys.state] === "removing"
        ? { name, doing: "destroy" }
        : { name, doing: "create", begunAt: new Date(created_at) },
    );
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Removes abandoned instances, and gives the names of those that this call removed; finishes interrupted restores. What cannot be removed or
 * finished is left to the next call.
 */
export async function collectAbandoned(
  { api, unremoved }: Parts,
  options: CallOptions,
): Promise<readonly SandboxName[]> {
  const [found] = await Promise.all([
    findAbandoned({ api, unremoved }, options),
    finishAllInterrupted({ api, unremoved }, options),
  ]);
  const abandoned = found.filter(({ name }) => name.startsWith(INSTANCE_PREFIX));
  const outcomes = await Promise.allSettled(
    abandoned.map(({ name }) => removeAbandoned({ api, unremoved }, name, options)),
  );
  options.signal?.throwIfAborted();
  return abandoned.flatMap(({ name }, index) => {
    const outcome = outcomes[index];
    const sandbox = fromInstanceName(name);
    return outcome?.status === "fulfilled" && outcome.value && sandbox !== undefined ? [sandbox] : [];
  });
}

/** False where somebody else removes it, or it is gone. */
export async function removeAbandoned(parts: Parts, name: string, options: CallOptions): Promise<boolean> {
  const id = await claim(parts, name, options);
  if (id === undefined) return false;
  // it counts as this living process's from now on, so this process has to remember it
  parts.unremoved.add(id);
  await removeInstance(parts.api, name, options);
  parts.unremoved.delete(id);
  return true;
}

/**
 * Makes an abandoned instance ours, to remove it. Of all who try exactly one succeeds, so nobody can hit a new instance of the same name
 * while another has already removed the old one. Gives its id; undefined where it is gone, or somebody else's.
 */
async function claim(
  { api, unremoved }: Parts,
  name: string,
  { signal }: CallOptions,
): Promise<string | undefined> {
  const claimed = await poll<{ readonly id?: string }>(
    async () => {
      try {
        const { instance, etag } = await api.instances.get(name, { signal });
        if (!isAbandoned(instance, unremoved)) return {};
        const config = { [configKeys.state]: "removing", [configKeys.owner]: formatOwner(currentOwner()) };
        await api.instances.patch(name, { config }, { ifMatch: etag, signal });
        return { id: instance.config[configKeys.id] };
      } catch (error) {
        if (isNotFound(error)) return {};
        // what the dead process began goes on for a while, or somebody else was faster
        if (isBusy(error) || (error instanceof IncusApiError && error.status === PRECONDITION_FAILED))
          return undefined;
        throw error;
      }
    },
    {
      what: "the operation that a dead process began to end",
      timeoutMs: CLAIM_TIMEOUT_MS,
      intervalMs: 50,
      signal,
    },
  );
  return claimed.id;
}

/** Removes the instance only while it is the one with this id: a new one of the same name is somebody else's. */
export async function removeIfSame(
  api: IncusApi,
  name: string,
  id: string,
  options: CallOptions,
): Promise<void> {
  try {
    const { instance } = await api.instances.get(name, options);
    if (instance.config[configKeys.id] !== id) return;
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  await removeInstance(api, name, options);
}
