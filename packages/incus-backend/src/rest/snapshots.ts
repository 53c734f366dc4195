import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusOperations } from "./operations.ts";
import { deviceMap, stringMap } from "./schemas.ts";
import type { IncusTransport } from "./transport.ts";

const snapshotSchema = v.object({
  name: v.string(),
  created_at: v.string(),
  /** Bytes that only it holds; -1 where the storage cannot tell. */
  size: v.optional(v.number(), -1),
  /** The instance's, at the time. */
  config: stringMap,
  devices: deviceMap,
});
export type InstanceSnapshot = v.InferOutput<typeof snapshotSchema>;

/** /1.0/instances/{name}/snapshots */
export interface IncusSnapshots {
  create(instance: string, snapshot: string, options?: CallOptions): Promise<void>;
  get(instance: string, snapshot: string, options?: CallOptions): Promise<InstanceSnapshot>;
  list(instance: string, options?: CallOptions): Promise<readonly InstanceSnapshot[]>;
  delete(instance: string, snapshot: string, options?: CallOptions): Promise<void>;
}

const toPath = (instance: string, snapshot: string): string =>
  `/1.0/instances/${instance}/snapshots/${encodeURIComponent(snapshot)}`;

export function createSnapshots(transport: IncusTransport, operations: IncusOperations): IncusSnapshots {
  return {
    async create(instance, snapshot, options) {
      const body = { name: snapshot, stateful: false };
      const path = `/1.0/instances/${instance}/snapshots`;
      await operations.finish(await transport.request("POST", path, { ...options, body }), options);
    },

    async get(instance, snapshot, options) {
      const { envelope } = await transport.request("GET", toPath(instance, snapshot), options);
      return parseBody(snapshotSchema, envelope.metadata, `snapshot ${snapshot} of instance ${instance}`);
    },

    async list(instance, options) {
      const { envelope } = await transport.request(
        "GET",
        `/1.0/instances/${instance}/snapshots?recursion=1`,
        options,
      );
      return parseBody(
        v.array(snapshotSchema),
        envelope.metadata,
        `the list of snapshots of instance ${instance}`,
      );
    },

    async delete(instance, snapshot, options) {
      const response = await transport.request("DELETE", toPath(instance, snapshot), options);
      await operations.finish(response, options);
    },
  };
}
