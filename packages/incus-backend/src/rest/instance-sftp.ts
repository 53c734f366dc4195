import type { Socket } from "node:net";
import type { CallOptions } from "@pixels/core";
import type { IncusTransport } from "./transport.ts";

/** /1.0/instances/{name}/sftp */
export interface IncusInstanceSftp {
  /** A connection to an SFTP server on the instance's files, whether it runs or not. */
  connect(name: string, options?: CallOptions): Promise<Socket>;
}

export function createInstanceSftp(transport: IncusTransport): IncusInstanceSftp {
  return {
    connect: (name, options) => transport.upgrade(`/1.0/instances/${name}/sftp`, "sftp", options),
  };
}
