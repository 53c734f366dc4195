import * as v from "valibot";

/** Only the fields we read. Incus: doc/rest-api, "Return values". */
export const envelopeSchema = v.object({
  type: v.picklist(["sync", "async", "error"]),
  operation: v.optional(v.string()),
  error: v.optional(v.string()),
  error_code: v.optional(v.number()),
  metadata: v.optional(v.unknown()),
});
export type Envelope = v.InferOutput<typeof envelopeSchema>;

export const stringMap = v.record(v.string(), v.string());
export const deviceMap = v.record(v.string(), stringMap);

export const operationSchema = v.object({
  id: v.string(),
  class: v.optional(v.string(), "task"),
  /** Paths of what it is about, by kind. */
  resources: v.nullish(v.record(v.string(), v.array(v.string()))),
  status_code: v.number(),
  err: v.optional(v.string(), ""),
  metadata: v.nullish(v.record(v.string(), v.unknown())),
});
export type Operation = v.InferOutput<typeof operationSchema>;

export const instanceSchema = v.object({
  name: v.string(),
  status: v.string(),
  created_at: v.string(),
  config: stringMap,
  devices: deviceMap,
  profiles: v.optional(v.array(v.string()), []),
  description: v.optional(v.string(), ""),
  architecture: v.optional(v.string(), ""),
  ephemeral: v.optional(v.boolean(), false),
  expanded_devices: v.optional(deviceMap),
});
export type Instance = v.InferOutput<typeof instanceSchema>;

export const instanceStateSchema = v.object({
  status: v.string(),
  /** -1 while it is stopped. */
  processes: v.number(),
  cpu: v.object({ usage: v.number() }),
  memory: v.object({ usage: v.number() }),
  disk: v.nullish(v.record(v.string(), v.object({ usage: v.number() }))),
});
export type InstanceState = v.InferOutput<typeof instanceStateSchema>;

export const serverSchema = v.object({
  auth: v.string(),
  environment: v.object({
    server_version: v.string(),
    firewall: v.optional(v.string()),
    /** "true" or "false" by name. */
    kernel_features: v.nullish(v.record(v.string(), v.string()), {}),
  }),
});
export type Server = v.InferOutput<typeof serverSchema>;
