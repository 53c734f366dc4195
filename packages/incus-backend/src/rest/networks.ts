import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusTransport } from "./transport.ts";

const networkSchema = v.object({
  name: v.string(),
  type: v.string(),
  managed: v.boolean(),
  config: v.record(v.string(), v.string()),
});
export type Network = v.InferOutput<typeof networkSchema>;

const leaseSchema = v.object({ address: v.string(), hwaddr: v.string(), type: v.string() });
export type NetworkLease = v.InferOutput<typeof leaseSchema>;

const stateSchema = v.object({
  addresses: v.nullish(v.array(v.object({ family: v.string(), address: v.string(), netmask: v.string() }))),
});
/** `netmask` is the length of the prefix. */
export interface NetworkAddress {
  readonly family: string;
  readonly address: string;
  readonly netmask: string;
}

export interface CreateNetworkBody {
  readonly name: string;
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
}

/** /1.0/networks */
export interface IncusNetworks {
  create(body: CreateNetworkBody, options?: CallOptions): Promise<void>;
  get(name: string, options?: CallOptions): Promise<Network>;
  list(options?: CallOptions): Promise<readonly Network[]>;
  /** Addresses in use: handed out, or reserved by an instance's configuration. */
  leases(name: string, options?: CallOptions): Promise<readonly NetworkLease[]>;
  /** The addresses that the server itself has on it now. */
  addresses(name: string, options?: CallOptions): Promise<readonly NetworkAddress[]>;
}

export function createNetworks(transport: IncusTransport): IncusNetworks {
  return {
    async create(body, options) {
      await transport.request("POST", "/1.0/networks", { ...options, body });
    },

    async get(name, options) {
      const { envelope } = await transport.request(
        "GET",
        `/1.0/networks/${encodeURIComponent(name)}`,
        options,
      );
      return parseBody(networkSchema, envelope.metadata, `network ${name}`);
    },

    async list(options) {
      const { envelope } = await transport.request("GET", "/1.0/networks?recursion=1", options);
      return parseBody(v.array(networkSchema), envelope.metadata, "the list of networks");
    },

    async leases(name, options) {
      const { envelope } = await transport.request(
        "GET",
        `/1.0/networks/${encodeURIComponent(name)}/leases`,
        options,
      );
      return parseBody(v.array(leaseSchema), envelope.metadata, `the leases of network ${name}`);
    },

    async addresses(name, options) {
      const { envelope } = await transport.request(
        "GET",
        `/1.0/networks/${encodeURIComponent(name)}/state`,
        options,
      );
      return parseBody(stateSchema, envelope.metadata, `the state of network ${name}`).addresses ?? [];
    },
  };
}
