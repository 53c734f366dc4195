import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { PortForward } from "./forward-ports.ts";
import { PortError } from "./failure.ts";

export const LOOPBACK = "127.0.0.1";

export interface ListenOptions {
  /** Serves a connection to its end; must not reject. */
  readonly serve: (socket: Socket, forward: PortForward) => Promise<void>;
  /** A connection could not even be accepted. */
  readonly onError: (error: Error) => void;
}

/** Disposing it breaks all connections off, and waits until nothing of them is left. */
export interface Listeners extends AsyncDisposable {
  /** With the ports that it listens on, in the order in which they were asked for. */
  readonly forwards: readonly PortForward[];
}

/** Listens on all of the local ports, or on none. Rejects with a `PortError`. */
export async function listenOnAll(
  forwards: readonly PortForward[],
  { serve, onError }: ListenOptions,
): Promise<Listeners> {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const serving = new Set<Promise<void>>();
  const close = async (): Promise<void> => {
    for (const server of servers) server.close();
    // an orderly end would have what was cut off look whole
    for (const socket of sockets) socket.resetAndDestroy();
    await Promise.all(serving);
  };
  try {
    const bound: PortForward[] = [];
    for (const forward of forwards) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        // that it was broken off shows when it is closed
        socket.on("error", () => {});
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        const work = serve(socket, forward).finally(() => serving.delete(work));
        serving.add(work);
      });
      servers.push(server);
      bound.push({ ...forward, localPort: await listen(server, forward) });
      server.on("error", onError);
    }
    return { forwards: bound, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "something else listens on it already",
  EACCES: "this user may not",
};

async function listen(server: Server, { localPort, port }: PortForward): Promise<number> {
  server.listen(localPort, LOOPBACK);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const why = reasons[code] ?? code;
    throw new PortError(`cannot listen on ${LOOPBACK}:${localPort}: ${why}`, {
      code: "PORT_UNAVAILABLE",
      next: `name another port for it here, as in ${port + (port < 50_000 ? 10_000 : -10_000)}:${port}, or 0:${port} for any that is free`,
      cause: error,
    });
  }
  return (server.address() as AddressInfo).port;
}
