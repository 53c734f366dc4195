import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import { deviceMap, stringMap } from "./schemas.ts";
import type { IncusTransport } from "./transport.ts";

const profileSchema = v.object({ name: v.string(), config: stringMap, devices: deviceMap });
export type Profile = v.InferOutput<typeof profileSchema>;

export interface ProfileBody {
  readonly config?: Readonly<Record<string, string>>;
  readonly devices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** /1.0/profiles */
export interface IncusProfiles {
  create(body: ProfileBody & { readonly name: string }, options?: CallOptions): Promise<void>;
  get(name: string, options?: CallOptions): Promise<Profile & { readonly etag: string | undefined }>;
  listNames(options?: CallOptions): Promise<readonly string[]>;
  /** A stale `ifMatch` is refused with 412. */
  put(name: string, body: ProfileBody, options?: CallOptions & { readonly ifMatch?: string }): Promise<void>;
  delete(name: string, options?: CallOptions): Promise<void>;
}

const toPath = (name: string): string => `/1.0/profiles/${encodeURIComponent(name)}`;

export function createProfiles(transport: IncusTransport): IncusProfiles {
  return {
    async create(body, options) {
      await transport.request("POST", "/1.0/profiles", { ...options, body });
    },

    async get(name, options) {
      const { envelope, etag } = await transport.request("GET", toPath(name), options);
      return { ...parseBody(profileSchema, envelope.metadata, `profile ${name}`), etag };
    },

    async listNames(options) {
      const { envelope } = await transport.request("GET", "/1.0/profiles", options);
      const paths = parseBody(v.array(v.string()), envelope.metadata, "the list of profiles");
      // outside the default project with "?project="
      return paths.map((path) => decodeURIComponent(path.replace(/^.*\//, "").replace(/\?.*$/, "")));
    },

    async put(name, body, { ifMatch, signal } = {}) {
      const headers: Record<string, string> = ifMatch === undefined ? {} : { "if-match": ifMatch };
      await transport.request("PUT", toPath(name), { body, headers, signal });
    },

    async delete(name, options) {
      await transport.request("DELETE", toPath(name), options);
    },
  };
}
