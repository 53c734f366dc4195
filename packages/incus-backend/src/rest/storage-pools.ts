import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusTransport } from "./transport.ts";

const storagePoolSchema = v.object({
  name: v.string(),
  driver: v.string(),
  status: v.string(),
  config: v.record(v.string(), v.string()),
});
export type StoragePool = v.InferOutput<typeof storagePoolSchema>;

export interface CreateStoragePoolBody {
  readonly name: string;
  readonly driver: string;
  readonly config: Readonly<Record<string, string>>;
}

const resourcesSchema = v.object({ space: v.object({ used: v.optional(v.number(), 0), total: v.number() }) });
/** Bytes. */
export type StoragePoolSpace = v.InferOutput<typeof resourcesSchema>["space"];

/** /1.0/storage-pools */
export interface IncusStoragePools {
  create(body: CreateStoragePoolBody, options?: CallOptions): Promise<void>;
  get(name: string, options?: CallOptions): Promise<StoragePool>;
  getSpace(name: string, options?: CallOptions): Promise<StoragePoolSpace>;
  list(options?: CallOptions): Promise<readonly StoragePool[]>;
}

export function createStoragePools(transport: IncusTransport): IncusStoragePools {
  return {
    async create(body, options) {
      await transport.request("POST", "/1.0/storage-pools", { ...options, body });
    },

    async get(name, options) {
      const path = `/1.0/storage-pools/${encodeURIComponent(name)}`;
      const { envelope } = await transport.request("GET", path, options);
      return parseBody(storagePoolSchema, envelope.metadata, `storage pool ${name}`);
    },

    async getSpace(name, options) {
      const path = `/1.0/storage-pools/${encodeURIComponent(name)}/resources`;
      const { envelope } = await transport.request("GET", path, options);
      return parseBody(resourcesSchema, envelope.metadata, `the room in storage pool ${name}`).space;
    },

    async list(options) {
      const { envelope } = await transport.request("GET", "/1.0/storage-pools?recursion=1", options);
      return parseBody(v.array(storagePoolSchema), envelope.metadata, "the list of storage pools");
    },
  };
}
