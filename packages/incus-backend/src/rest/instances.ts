import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusOperations } from "./operations.ts";
import { type Instance, instanceSchema } from "./schemas.ts";
import type { IncusTransport } from "./transport.ts";

export interface CreateInstanceBody {
  readonly name: string;
  readonly source: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly profiles?: readonly string[];
  /** Also start it. When only the start fails, the instance is there, stopped. */
  readonly start?: boolean;
}

export interface PatchInstanceBody {
  /** An empty string removes a key. */
  readonly config?: Readonly<Record<string, string>>;
  readonly devices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface PutInstanceBody {
  readonly architecture: string;
  readonly ephemeral: boolean;
  readonly description: string;
  readonly profiles: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface ListInstancesOptions extends CallOptions {
  readonly filter?: string;
}

/** /1.0/instances */
export interface IncusInstances {
  create(body: CreateInstanceBody, options?: CallOptions): Promise<void>;
  get(
    name: string,
    options?: CallOptions,
  ): Promise<{ readonly instance: Instance; readonly etag: string | undefined }>;
  /** `filter`: only those that it holds for, in the server's own language (Incus: doc/rest-api, filtering). */
  list(options?: ListInstancesOptions): Promise<readonly Instance[]>;
  /** Synchronous on the server. A stale `ifMatch` is refused with 412. */
  patch(
    name: string,
    body: PatchInstanceBody,
    options?: CallOptions & { readonly ifMatch?: string },
  ): Promise<void>;
  /** Replaces all settings; one that is not named is gone. A stale `ifMatch` is refused with 412. */
  put(
    name: string,
    body: PutInstanceBody,
    options?: CallOptions & { readonly ifMatch?: string },
  ): Promise<void>;
  /** Brings files and all settings back as they were; one that runs is stopped, and started again. */
  restore(name: string, snapshot: string, options?: CallOptions): Promise<void>;
  delete(name: string, options?: CallOptions): Promise<void>;
}

export function createInstances(transport: IncusTransport, operations: IncusOperations): IncusInstances {
  return {
    async create(body, options) {
      await operations.finish(
        await transport.request("POST", "/1.0/instances", { ...options, body }),
        options,
      );
    },

    async get(name, options) {
      const { envelope, etag } = await transport.request("GET", `/1.0/instances/${name}`, options);
      return { instance: parseBody(instanceSchema, envelope.metadata, `instance ${name}`), etag };
    },

    async list({ filter, signal } = {}) {
      const chosen = filter === undefined ? "" : `&filter=${encodeURIComponent(filter)}`;
      const { envelope } = await transport.request("GET", `/1.0/instances?recursion=1${chosen}`, { signal });
      return parseBody(v.array(instanceSchema), envelope.metadata, "the list of instances");
    },

    async patch(name, body, { ifMatch, signal } = {}) {
      const headers: Record<string, string> = ifMatch === undefined ? {} : { "if-match": ifMatch };
      await transport.request("PATCH", `/1.0/instances/${name}`, { body, headers, signal });
    },

    async put(name, body, { ifMatch, signal } = {}) {
      const headers: Record<string, string> = ifMatch === undefined ? {} : { "if-match": ifMatch };
      const response = await transport.request("PUT", `/1.0/instances/${name}`, { body, headers, signal });
      await operations.finish(response, { signal });
    },

    async restore(name, snapshot, options) {
      const body = { restore: snapshot };
      const response = await transport.request("PUT", `/1.0/instances/${name}`, { ...options, body });
      await operations.finish(response, options);
    },

    async delete(name, options) {
      await operations.finish(await transport.request("DELETE", `/1.0/instances/${name}`, options), options);
    },
  };
}
