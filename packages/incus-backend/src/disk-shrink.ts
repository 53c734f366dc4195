import { randomBytes, randomUUID } from "node:crypto";
import { type CallOptions, CapacityExhaustedError, type SandboxName } from "@pixels/core";
import { abortable, currentOwner, formatOwner, INSTANCE_PREFIX, toInstanceName } from "@pixels/core/backend";
import { removeIfSame } from "./abandoned.ts";
import { configKeys, NIC } from "./config-keys.ts";
import type { InstancesOptions } from "./instances.ts";
import { IncusApiError } from "./rest/errors.ts";

const CLEAN_UP_TIMEOUT_MS = 60_000;

export interface DiskShrink {
  readonly root: Readonly<Record<string, string>>;
  readonly diskBytes: number;
}

/**
 * Rejects with CAPACITY_EXHAUSTED where more is on the disk than the new size allows. btrfs takes such a size all the same, and from then on
 * nothing can be written, nor the size be changed again. What counts cannot be asked for, so the size is tried on a copy, which takes no
 * room there. Other storage refuses by itself.
 */
export async function checkShrink(
  { api, unremoved }: Pick<InstancesOptions, "api" | "unremoved">,
  name: SandboxName,
  { root, diskBytes }: DiskShrink,
  { signal }: CallOptions,
): Promise<void> {
  const pool = await api.storagePools.get(root["pool"] ?? "", { signal });
  if (pool.driver !== "btrfs") return;
  const id = randomUUID();
  // a name of pixels' own infrastructure: never listed
  const copy = `${INSTANCE_PREFIX}sys-shrink-${randomBytes(4).toString("hex")}`;
  unremoved.add(id);
  const copying = api.instances.create({
    name: copy,
    source: { type: "copy", source: toInstanceName(name), instance_only: true, allow_inconsistent: true },
    config: {
      [configKeys.id]: id,
      [configKeys.state]: "creating",
      [configKeys.owner]: formatOwner(currentOwner()),
    },
    devices: { root: { ...root, size: String(diskBytes) }, [NIC]: { type: "none" } },
    profiles: [],
  });
  try {
    await abortable(copying, signal);
  } catch (error) {
    if (!(error instanceof IncusApiError) || !/quota exceeded/i.test(error.serverMessage)) throw error;
    throw new CapacityExhaustedError(
      `more is on the disk of sandbox ${JSON.stringify(name)} than ${diskBytes} bytes`,
      { cause: error, context: { sandbox: name, diskBytes }, next: "remove files in it, or allow more" },
    );
  } finally {
    const limit = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
    await abortable(copying, limit).catch(() => undefined);
    await removeIfSame(api, copy, id, { signal: limit }).then(
      () => unremoved.delete(id),
      () => undefined,
    );
  }
}
