import { BackendMisconfiguredError, SandboxBusyError } from "@pixels/core";
import type { CallOptions, SandboxName } from "@pixels/core";
import { type InstanceSpec, toInstanceName } from "@pixels/core/backend";
import { configKeys, LABEL_PREFIX, NIC } from "./config-keys.ts";
import type { InstancesOptions } from "./instances.ts";
import type { IncusApi } from "./rest/api.ts";
import { finishInterrupted } from "./restore.ts";

type Device = Readonly<Record<string, string>>;

/** What a new instance is made from, and what it takes over from there. */
export interface SourcePlan {
  readonly source: Readonly<Record<string, unknown>>;
  /** Keys with an empty value are those that it must not take over. */
  readonly config: Readonly<Record<string, string>>;
  /** Its disk; and of a clone nothing else that its source has. */
  readonly devices: Readonly<Record<string, Device>>;
  /** An image that the server does not have yet. */
  readonly missingImage?: string;
}

/** Rejects with the server's "not found" where there is no such source. */
export async function planSource(
  parts: InstancesOptions,
  spec: InstanceSpec,
  options: CallOptions,
): Promise<SourcePlan> {
  const { source, diskBytes } = spec;
  const size: Device = diskBytes === undefined ? {} : { size: String(diskBytes) };
  switch (source.kind) {
    case "image": {
      const [pool, isThere] = await Promise.all([
        parts.backend.pool ?? findDefaultPool(parts.api, options),
        parts.api.images.hasAlias(source.image, options),
      ]);
      return {
        ...(isThere ? {} : { missingImage: source.image }),
        source: { type: "image", alias: source.image },
        config: { [configKeys.image]: source.image, [configKeys.account]: "root" },
        devices: { root: { type: "disk", path: "/", pool, ...size } },
      };
    }
    case "snapshot":
      return await planClone(parts, { ...source, size }, options);
    case "sandbox":
      return await planClone(parts, { ...source, snapshot: undefined, size }, options);
  }
}

interface CloneSource {
  readonly sandbox: SandboxName;
  readonly snapshot: string | undefined;
  readonly size: Device;
}

/** Settings are the source's of today also where the files are those of a snapshot, so that a clone has no more than its source has. */
async function planClone(
  parts: InstancesOptions,
  { sandbox, snapshot, size }: CloneSource,
  options: CallOptions,
): Promise<SourcePlan> {
  const { api } = parts;
  await finishInterrupted(parts, sandbox, options);
  const name = toInstanceName(sandbox);
  const [{ instance }, copied] = await Promise.all([
    api.instances.get(name, options),
    snapshot === undefined ? undefined : api.snapshots.get(name, snapshot, options),
  ]);
  if (instance.config[configKeys.state] !== undefined)
    throw new SandboxBusyError(`sandbox ${JSON.stringify(sandbox)} is being created or removed`, {
      next: "try again when that is done",
      context: { sandbox },
    });
  const { config, devices, expanded_devices: allDevices = devices } = instance;
  const { root } = allDevices;
  const others = Object.keys({ ...devices, ...copied?.devices }).filter(
    (device) => device !== "root" && device !== NIC,
  );
  return {
    source: {
      type: "copy",
      source: snapshot === undefined ? name : `${name}/${snapshot}`,
      instance_only: true,
    },
    config: toInherited(config, copied?.config ?? {}),
    devices: {
      ...Object.fromEntries(others.map((device) => [device, { type: "none" }])),
      ...(root === undefined ? {} : { root: { ...root, ...size } }),
    },
  };
}

function toInherited(today: Readonly<Record<string, string>>, copied: Readonly<Record<string, string>>) {
  const inherited: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...copied, ...today })) {
    // the server's own: what is sent of it is kept, the MAC among it
    if (key.startsWith("volatile.")) continue;
    const isOwn = key.startsWith(LABEL_PREFIX) || key === configKeys.state || key === configKeys.owner;
    inherited[key] = isOwn || !(key in today) ? "" : value;
  }
  return inherited;
}

async function findDefaultPool(api: IncusApi, options: CallOptions): Promise<string> {
  const { devices } = await api.profiles.get("default", options);
  for (const device of Object.values(devices))
    if (device["type"] === "disk" && device["path"] === "/" && device["pool"] !== undefined)
      return device["pool"];
  throw new BackendMisconfiguredError("the default profile of the Incus server names no storage pool", {
    next: "run: incus admin init --minimal, or name a pool in defaults.pool",
  });
}
