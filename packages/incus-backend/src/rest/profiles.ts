import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusTransport } from "./transport.ts";

const profileSchema = v.object({
  name: v.string(),
  config: v.record(v.string(), v.string()),
  devices: v.record(v.string(), v.record(v.string(), v.string())),
});
export type Profile = v.InferOutput<typeof profileSchema>;

export interface ProfileBody {
  readonly config?: Readonly<Record<string, string>>;
  readonly devices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** /1.0/profiles */
export interface IncusProfiles {
  get(name: string, options?: CallOptions): Promise<Profile>;
  put(name: string, body: ProfileBody, options?: CallOptions): Promise<void>;
}

export function createProfiles(transport: IncusTransport): IncusProfiles {
  return {
    async get(name, options) {
      const { envelope } = await transport.request(
        "GET",
        `/1.0/profiles/${encodeURIComponent(name)}`,
        options,
      );
      return parseBody(profileSchema, envelope.metadata, `profile ${name}`);
    },

    async put(name, body, options) {
      await transport.request("PUT", `/1.0/profiles/${encodeURIComponent(name)}`, { ...options, body });
    },
  };
}
