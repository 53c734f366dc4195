import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import type { IncusOperations } from "./operations.ts";
import { type InstanceState, instanceStateSchema } from "./schemas.ts";
import type { IncusTransport } from "./transport.ts";

export interface StateChange {
  readonly action: "start" | "stop" | "restart" | "freeze" | "unfreeze";
  readonly force?: boolean;
  /** Seconds that a clean stop may take; -1 waits for ever. */
  readonly timeout?: number;
}

/** /1.0/instances/{name}/state */
export interface IncusInstanceState {
  get(name: string, options?: CallOptions): Promise<InstanceState>;
  put(name: string, change: StateChange, options?: CallOptions): Promise<void>;
}

export function createInstanceState(
  transport: IncusTransport,
  operations: IncusOperations,
): IncusInstanceState {
  return {
    async get(name, options) {
      const { envelope } = await transport.request("GET", `/1.0/instances/${name}/state`, options);
      return parseBody(instanceStateSchema, envelope.metadata, `the state of instance ${name}`);
    },

    async put(name, change, options) {
      const response = await transport.request("PUT", `/1.0/instances/${name}/state`, {
        ...options,
        body: change,
      });
      await operations.finish(response, options);
    },
  };
}
