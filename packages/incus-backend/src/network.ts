import { BackendMisconfiguredError, CapacityExhaustedError } from "@pixels/core";
import type { CallOptions } from "@pixels/core";
import { NIC } from "./config-keys.ts";
import type { IncusBackendOptions } from "./options.ts";
import type { IncusApi } from "./rest/api.ts";

/** An address on a bridge that nobody else of this process is given until it is disposed. */
export interface ReservedAddress extends Disposable {
  readonly address: string;
  /** The network device that has it. */
  readonly device: Readonly<Record<string, string>>;
}

export interface AddressBook {
  reserve(options: CallOptions): Promise<ReservedAddress>;
}

/** What every sandbox on a managed bridge gets: no forged addresses, no way to its neighbours. */
const filters = {
  "security.mac_filtering": "true",
  "security.ipv4_filtering": "true",
  "security.ipv6_filtering": "true",
  "security.port_isolation": "true",
} as const;

/**
 * Gives out addresses of the sandboxes' bridge. The server's leases tell which are taken, those of stopped instances too; two processes
 * may still choose the same one, which shows when the second instance starts.
 */
export function createAddressBook(api: IncusApi, { network }: IncusBackendOptions): AddressBook {
  const reserved = new Set<string>();
  return {
    async reserve(options) {
      const bridge = await findBridge(api, network, options);
      const taken = new Set((await api.networks.leases(bridge.name, options)).map((lease) => lease.address));
      const address = pickAddress(
        bridge.subnet,
        (candidate) => taken.has(candidate) || reserved.has(candidate),
      );
      if (address === undefined)
        throw new CapacityExhaustedError(`network ${JSON.stringify(bridge.name)} has no free address left`, {
          next: "destroy sandboxes that are no longer needed, or give the network a larger subnet",
        });
      reserved.add(address);
      return {
        address,
        device: { type: "nic", name: NIC, network: bridge.name, "ipv4.address": address, ...filters },
        [Symbol.dispose]() {
          reserved.delete(address);
        },
      };
    },
  };
}

async function findBridge(api: IncusApi, wanted: string | undefined, options: CallOptions) {
  const name = wanted ?? (await findDefaultNetwork(api, options));
  const { type, managed, config } = await api.networks.get(name, options);
  const own = config["ipv4.address"] ?? (managed ? await findOwnAddress(api, name, options) : undefined);
  const subnet = parseSubnet(own ?? "");
  if (type !== "bridge" || !managed || subnet === undefined)
    throw new BackendMisconfiguredError(
      `network ${JSON.stringify(name)} is not a bridge that Incus manages with IPv4 addresses`,
      { next: "name a managed bridge in defaults.network", context: { network: name } },
    );
  return { name, subnet };
}

/** As the bridge has it now: a client that is restricted to projects is not shown the network's settings (Incus 6.0.4). */
async function findOwnAddress(
  api: IncusApi,
  name: string,
  options: CallOptions,
): Promise<string | undefined> {
  const own = (await api.networks.addresses(name, options)).find(({ family }) => family === "inet");
  return own === undefined ? undefined : `${own.address}/${own.netmask}`;
}

async function findDefaultNetwork(api: IncusApi, options: CallOptions): Promise<string> {
  const { devices } = await api.profiles.get("default", options);
  for (const device of Object.values(devices))
    if (device["type"] === "nic" && device["network"] !== undefined) return device["network"];
  const bridges = (await api.networks.list(options)).filter(
    ({ type, managed }) => type === "bridge" && managed,
  );
  const [only, ...others] = bridges;
  if (only !== undefined && others.length === 0) return only.name;
  throw new BackendMisconfiguredError(
    only === undefined
      ? "the Incus server has no bridge for sandboxes"
      : `the Incus server has several bridges: ${bridges.map((bridge) => bridge.name).join(", ")}`,
    { next: only === undefined ? "run: incus network create incusbr0" : "name one in defaults.network" },
  );
}

export interface Subnet {
  /** First and last address as numbers, network and broadcast address included. */
  readonly first: number;
  readonly last: number;
  readonly gateway: number;
}

/** An Incus bridge's `ipv4.address`, such as "10.0.3.1/24"; undefined for "none" and what is no subnet. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || prefix < 8 || prefix > 30) return undefined;
  const gateway = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - prefix);
  const first = gateway - (gateway % size);
  return { first, last: first + size - 1, gateway };
}

/** A free address of the subnet, begun at a random place so that processes that choose at the same time seldom meet. */
export function pickAddress(
  subnet: Subnet,
  isTaken: (address: string) => boolean,
  random: () => number = Math.random,
): string | undefined {
  const { first, last, gateway } = subnet;
  const usable = last - first - 1;
  const start = Math.floor(random() * usable);
  for (let step = 0; step < usable; step++) {
    const candidate = first + 1 + ((start + step) % usable);
    const address = formatAddress(candidate);
    if (candidate !== gateway && !isTaken(address)) return address;
  }
  return undefined;
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join(".");
}
