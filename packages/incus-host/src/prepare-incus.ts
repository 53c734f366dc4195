import type { CallOptions } from "@pixels/core";
import type { IncusApi } from "@pixels/incus-backend/rest";

/** Names that `incus admin init --minimal` uses too. */
export const poolName = "default";
export const bridgeName = "incusbr0";

export interface PrepareIncusOptions extends CallOptions {
  /** Size of the storage pool, a file that grows with what is in it. */
  readonly poolBytes: number;
  /** The bridge's own address and prefix length, such as "10.214.0.1/24". */
  readonly bridgeAddress: string;
}

/** Gives a new daemon what sandboxes need: a btrfs pool, a bridge with NAT, and a default profile that uses them. */
export async function prepareIncus(api: IncusApi, options: PrepareIncusOptions): Promise<void> {
  const { poolBytes, bridgeAddress, signal } = options;
  const pool = api.storagePools.create(
    { name: poolName, driver: "btrfs", config: { size: `${poolBytes}B` } },
    { signal },
  );
  const network = api.networks.create(
    {
      name: bridgeName,
      type: "bridge",
      config: { "ipv4.address": bridgeAddress, "ipv4.nat": "true", "ipv6.address": "none" },
    },
    { signal },
  );
  await Promise.all([pool, network]);
  await api.profiles.put(
    "default",
    {
      config: {},
      devices: {
        root: { type: "disk", path: "/", pool: poolName },
        eth0: { type: "nic", name: "eth0", network: bridgeName },
      },
    },
    { signal },
  );
}
