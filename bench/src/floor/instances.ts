import type { BareRest } from "./rest.ts";

/** The network that instances of the floor are on, and how their addresses begin. */
export interface BareNetwork {
  readonly pool: string;
  readonly network: string;
  /** The n-th address for an instance. */
  address(n: number): string;
}

interface Profile {
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What the default profile names. `bridgeAddress` is the bridge's own, such as "10.0.3.1/24". */
export async function readNetwork(rest: BareRest, bridgeAddress: string): Promise<BareNetwork> {
  const { metadata } = await rest.request<Profile>("GET", "/1.0/profiles/default");
  const devices = Object.values(metadata.devices);
  const pool = devices.find((device) => device["type"] === "disk")?.["pool"] ?? "";
  const network = devices.find((device) => device["type"] === "nic")?.["network"] ?? "";
  const prefix = bridgeAddress.split(".").slice(0, 3).join(".");
  return { pool, network, address: (n) => `${prefix}.${10 + (n % 240)}` };
}

export interface CreateBody {
  readonly name: string;
  readonly source: unknown;
  readonly profiles: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly devices: unknown;
}

/** The body that makes the same instance as the library does: isolated, filtered, with a fixed address; without the library's own keys. */
export function toCreateBody(
  { pool, network }: BareNetwork,
  { name, image, address }: { readonly name: string; readonly image: string; readonly address: string },
): CreateBody {
  return {
    name,
    source: { type: "image", alias: image },
    profiles: [],
    config: {
      "security.idmap.isolated": "true",
      "security.guestapi": "false",
      "security.nesting": "false",
    },
    devices: {
      root: { type: "disk", path: "/", pool },
      eth0: {
        type: "nic",
        name: "eth0",
        network,
        "ipv4.address": address,
        "security.mac_filtering": "true",
        "security.ipv4_filtering": "true",
        "security.ipv6_filtering": "true",
        "security.port_isolation": "true",
      },
    },
  };
}

/** Stops it, the hard way, and deletes it. */
export async function removeBare(rest: BareRest, name: string): Promise<void> {
  await rest.operate("PUT", `/1.0/instances/${name}/state`, { action: "stop", force: true, timeout: 30 });
  await rest.operate("DELETE", `/1.0/instances/${name}`);
}
