import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusTransport } from "./transport.ts";

const projectSchema = v.object({ name: v.string() });

/** /1.0/projects */
export interface IncusProjects {
  /** Rejects with an `IncusApiError`, mostly of status 404, where there is no such project for us. */
  check(name: string, options?: CallOptions): Promise<void>;
  /** Those that we are let into. */
  listNames(options?: CallOptions): Promise<readonly string[]>;
}

export function createProjects(transport: IncusTransport): IncusProjects {
  return {
    async check(name, options) {
      await transport.request("GET", `/1.0/projects/${encodeURIComponent(name)}`, options);
    },

    async listNames(options) {
      const { envelope } = await transport.request("GET", "/1.0/projects?recursion=1", options);
      const projects = parseBody(v.array(projectSchema), envelope.metadata, "the list of projects");
      return projects.map(({ name }) => name);
    },
  };
}
