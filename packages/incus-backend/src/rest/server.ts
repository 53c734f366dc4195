import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import { type Server, serverSchema } from "./schemas.ts";
import type { IncusTransport } from "./transport.ts";

/** /1.0: version, API extensions, whether we are trusted. */
export interface IncusServer {
  get(options?: CallOptions): Promise<Server>;
}

export function createServer(transport: IncusTransport): IncusServer {
  return {
    async get(options) {
      const { envelope } = await transport.request("GET", "/1.0", options);
      return parseBody(serverSchema, envelope.metadata, "the server's description");
    },
  };
}
