import type { CallOptions } from "@pixels/core";
import type { IncusTransport } from "./transport.ts";

/** /1.0/projects */
export interface IncusProjects {
  /** Rejects with an `IncusApiError`, mostly of status 404, where there is no such project for us. */
  check(name: string, options?: CallOptions): Promise<void>;
}

export function createProjects(transport: IncusTransport): IncusProjects {
  return {
    async check(name, options) {
      await transport.request("GET", `/1.0/projects/${encodeURIComponent(name)}`, options);
    },
  };
}
