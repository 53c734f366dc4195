import { Agent, type AgentOptions, type ClientRequestArgs } from "node:http";
import { connect, type Socket } from "node:net";

/** Where a daemon is, and how bytes get there. */
export interface Endpoint {
  /** What a request that shares kept connections needs to know. */
  requestOptions(): Pick<ClientRequestArgs, "agent" | "socketPath">;
  /** A connection of its own, which may be written to. Rejects with `IncusConnectionError`, or a `PixelsError` where the other end is not the one that was meant. */
  connect(): Promise<Socket>;
  /** Whether the system says of a connection that was closed that nothing of what was sent was read. */
  readonly tellsUnread: boolean;
  /** Ends the kept connections. */
  destroy(): void;
}

/** A host name is of no use to the daemon; without one node:http works one out, which takes five milliseconds the first time (Node 20). */
export const agentOptions: AgentOptions & { readonly servername: string } = {
  // without a bound: each command that runs has a request that waits for its end, and none may wait for another command's
  keepAlive: true,
  servername: "",
};

/** The daemon's unix socket; its path, or what finds it at the first request. */
export function unixEndpoint(socketPath: string | (() => string)): Endpoint {
  const agent = new Agent(agentOptions);
  let found: string | undefined;
  const getSocketPath = (): string => (found ??= typeof socketPath === "string" ? socketPath : socketPath());
  return {
    requestOptions: () => ({ agent, socketPath: getSocketPath() }),
    connect: async () => connect(getSocketPath()),
    tellsUnread: true,
    destroy: () => agent.destroy(),
  };
}
