import { CapabilityUnsupportedError, CapacityExhaustedError } from "@pixels/core";
import type { CallOptions, RestoreOptions, SandboxName, SnapshotName } from "@pixels/core";
import { poll, toInstanceName } from "@pixels/core/backend";
import { isNotFound } from "./errors.ts";
import type { InstancesOptions } from "./instances.ts";
import { isBusy, stopInstance } from "./remove-instance.ts";
import { IncusApiError } from "./rest/errors.ts";
import type { Instance } from "./rest/schemas.ts";
import {
  listInterrupted,
  placeMark,
  removeMark,
  type RestoreMark,
  takeOverMark,
  type TakeOverOptions,
  toInstanceId,
} from "./restore-mark.ts";
import { startInstance } from "./start-instance.ts";

/** Putting today's settings back goes on after the caller has aborted, but not for ever. */
const CLEAN_UP_TIMEOUT_MS = 60_000;
const PRECONDITION_FAILED = 412;
/** Its datasets go back to their newest snapshot only. */
const LINEAR_DRIVER = "zfs";

/**
 * Incus brings the settings back together with the files. Today's are kept in a mark, put back, and the mark is removed; only then is the
 * sandbox started. A mark whose owner died is found by `finishInterrupted`, before anything starts or changes the sandbox.
 */
export async function restoreSnapshot(
  parts: InstancesOptions,
  name: SandboxName,
  snapshot: SnapshotName,
  options: RestoreOptions,
): Promise<void> {
  const { api, sftp, spares } = parts;
  const { signal, onProgress, discardNewer = false } = options;
  const instanceName = toInstanceName(name);
  const { instance } = await api.instances.get(instanceName, { signal });
  const inTheWay = await listInTheWay(parts, instance, snapshot, { signal });
  if (inTheWay.length > 0 && !discardNewer) throw refuseOlder(name, snapshot, inTheWay);
  const mark = await placeMark(parts, name, instance, { signal });
  const ran = instance.status !== "Stopped";
  try {
    spares.close(name);
    await sftp.finish(name);
    if (ran) {
      onProgress?.("stopping");
      // what it would write while it shuts down is about to be gone
      await stopInstance(api, instanceName, { graceMs: 0, signal });
    }
    onProgress?.("restoring");
    for (const newer of inTheWay) await api.snapshots.delete(instanceName, newer, { signal });
    await api.instances.restore(instanceName, snapshot, { signal });
    await finish(parts, mark, { signal });
  } catch (error) {
    await giveUp(parts, mark, ran);
    throw error;
  }
  if (ran) await startInstance(parts, name, { signal, onProgress });
}

/** Gives a sandbox that a dead process has left half restored today's settings. Rejects with SANDBOX_BUSY while a living one restores it. */
export async function finishInterrupted(
  parts: Pick<InstancesOptions, "api" | "unremoved">,
  name: SandboxName,
  options: TakeOverOptions,
): Promise<void> {
  const mark = await takeOverMark(parts, name, options);
  if (mark === undefined) return;
  try {
    await finish(parts, mark, { signal: options.signal });
  } catch (error) {
    parts.unremoved.add(mark.id);
    throw error;
  }
}

/** The same for all there are. One that cannot be finished stays marked, and tells why when it is started. */
export async function finishAllInterrupted(
  parts: Pick<InstancesOptions, "api" | "unremoved">,
  options: CallOptions,
): Promise<void> {
  for (const { sandbox } of await listInterrupted(parts, options)) {
    try {
      await finishInterrupted(parts, sandbox, options);
    } catch {
      options.signal?.throwIfAborted();
    }
  }
}

/** Snapshots that the storage has to lose on the way back to this one, newest first. Rejects with SNAPSHOT_NOT_FOUND. */
async function listInTheWay(
  { api }: InstancesOptions,
  { name, devices, expanded_devices = devices }: Instance,
  snapshot: SnapshotName,
  options: CallOptions,
): Promise<readonly string[]> {
  const pool = expanded_devices["root"]?.["pool"];
  const [{ created_at }, driver] = await Promise.all([
    api.snapshots.get(name, snapshot, options),
    pool === undefined ? undefined : api.storagePools.get(pool, options).then((found) => found.driver),
  ]);
  if (driver !== LINEAR_DRIVER) return [];
  const time = new Date(created_at).getTime();
  return (await api.snapshots.list(name, options))
    .map((other) => ({ name: other.name, time: new Date(other.created_at).getTime() }))
    .filter((other) => other.name !== snapshot && other.time >= time)
    .toSorted((a, b) => b.time - a.time)
    .map((other) => other.name);
}

function refuseOlder(name: SandboxName, snapshot: SnapshotName, newer: readonly string[]) {
  return new CapabilityUnsupportedError(
    `the storage of sandbox ${JSON.stringify(name)} (zfs) can only go back to its newest checkpoint, and ${JSON.stringify(snapshot)} is older`,
    {
      next: `restore with --discard-newer, which deletes ${newer.join(", ")}, or create a sandbox from it: --from ${name}:${snapshot}`,
      context: { sandbox: name, snapshot },
    },
  );
}

/** Waits until nothing that was begun goes on, puts the settings back that the mark holds, and removes the mark. */
async function finish(
  parts: Pick<InstancesOptions, "api" | "unremoved">,
  mark: RestoreMark,
  options: CallOptions,
): Promise<void> {
  const { api } = parts;
  const instanceName = toInstanceName(mark.sandbox);
  await poll(
    async () => {
      if (await isWorkedOn(parts, instanceName, options)) return undefined;
      try {
        const { instance, etag } = await api.instances.get(instanceName, options);
        if (toInstanceId(instance) === mark.instanceId)
          await api.instances.put(instanceName, toSettings(instance, mark), { ifMatch: etag, ...options });
        return true;
      } catch (error) {
        // destroyed meanwhile, and its settings with it
        if (isNotFound(error)) return true;
        const changed = error instanceof IncusApiError && error.status === PRECONDITION_FAILED;
        if (changed || isBusy(error)) return undefined;
        if (error instanceof IncusApiError && /quota exceeded/.test(error.serverMessage))
          throw diskTooSmall(mark.sandbox, error);
        throw error;
      }
    },
    { what: "the restore to end", timeoutMs: CLEAN_UP_TIMEOUT_MS, intervalMs: 50, ...options },
  );
  await removeMark(parts, mark, options);
  parts.unremoved.delete(mark.id);
}

/** It stays down, with the mark on it; `update` with a larger disk is what the mark holds from then on. */
function diskTooSmall(name: SandboxName, cause: unknown): CapacityExhaustedError {
  return new CapacityExhaustedError(
    `what was restored in sandbox ${JSON.stringify(name)} is larger than its disk limit of today`,
    {
      next: `give it a larger disk and restore it once more: pixels set ${name} --disk <size>`,
      context: { sandbox: name },
      cause,
    },
  );
}

/** A killed process's restore goes on in the server, and may have begun no more than an operation. */
async function isWorkedOn(
  { api }: Pick<InstancesOptions, "api">,
  instanceName: string,
  options: CallOptions,
): Promise<boolean> {
  const path = `/1.0/instances/${instanceName}`;
  return (await api.operations.list(options)).some(
    (operation) =>
      operation.class === "task" &&
      operation.resources?.["instances"]?.some((resource) => resource.split("?")[0] === path) === true,
  );
}

function toSettings({ architecture, ephemeral, config, status }: Instance, { settings }: RestoreMark) {
  const own: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) if (key.startsWith("volatile.")) own[key] = value;
  // a snapshot of a sandbox that ran says so, and the server starts what ran when it starts itself
  if (status === "Stopped") own["volatile.last_state.power"] = "STOPPED";
  return { architecture, ephemeral, ...settings, config: { ...own, ...settings.config } };
}

/** After a failure or an abort: settings as they are today, and running if it ran. What does not work out now is left to the next call. */
async function giveUp(parts: InstancesOptions, mark: RestoreMark, ran: boolean): Promise<void> {
  const options = { signal: AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS) };
  parts.unremoved.add(mark.id);
  try {
    await finish(parts, mark, options);
    if (ran) await startInstance(parts, mark.sandbox, options);
  } catch {}
}
