import type { SandboxName, SnapshotInfo, SnapshotName, WaitOptions } from "@pixels/core";
import {
  abortable,
  type BackendSnapshots,
  RESERVED_SNAPSHOT_PREFIX,
  toInstanceName,
} from "@pixels/core/backend";
import { translating } from "./errors.ts";
import type { InstancesOptions } from "./instances.ts";
import type { IncusApi } from "./rest/api.ts";
import type { InstanceSnapshot } from "./rest/snapshots.ts";
import { restoreSnapshot } from "./restore.ts";

/** Removing a snapshot that nobody waits for any more takes no longer than this. */
const CLEAN_UP_TIMEOUT_MS = 60_000;

/** Snapshots of instances. */
export function createBackendSnapshots(parts: InstancesOptions): BackendSnapshots {
  const { api } = parts;
  return {
    create: (name, snapshot, options) =>
      translating({ sandbox: name, snapshot }, async () => {
        options.onProgress?.("taking a snapshot");
        await parts.sftp.retire(name);
        await takeSnapshot(api, name, snapshot, options);
        return toSnapshotInfo(await api.snapshots.get(toInstanceName(name), snapshot, options));
      }),

    list: (name, options) =>
      translating({ sandbox: name }, async () =>
        (await api.snapshots.list(toInstanceName(name), options))
          .filter((snapshot) => !snapshot.name.startsWith(RESERVED_SNAPSHOT_PREFIX))
          .map(toSnapshotInfo)
          .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
      ),

    restore: (name, snapshot, options) =>
      translating({ sandbox: name, snapshot }, () => restoreSnapshot(parts, name, snapshot, options)),

    delete: (name, snapshot, options) =>
      translating({ sandbox: name, snapshot }, () =>
        api.snapshots.delete(toInstanceName(name), snapshot, options),
      ),
  };
}

/** An abort waits until the server is done with what it has begun, and removes that. */
async function takeSnapshot(
  api: IncusApi,
  name: SandboxName,
  snapshot: SnapshotName,
  { signal }: WaitOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const instance = toInstanceName(name);
  const taking = api.snapshots.create(instance, snapshot);
  try {
    await abortable(taking, signal);
  } catch (error) {
    if (signal?.aborted) {
      const cleanUp = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
      await abortable(taking, cleanUp)
        .then(() => api.snapshots.delete(instance, snapshot, { signal: cleanUp }))
        .catch(() => undefined);
    }
    throw error;
  }
}

function toSnapshotInfo({ name, created_at, size }: InstanceSnapshot): SnapshotInfo {
  return { name, createdAt: new Date(created_at), sizeBytes: size < 0 ? undefined : size };
}
