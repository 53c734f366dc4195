import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";

/** All that the stream has until its end; unlike an iteration it does not destroy a socket that can still be written to. */
export function readToEnd(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on("data", (data: Buffer) => void chunks.push(data));
    stream.once("end", () => resolve(Buffer.concat(chunks)));
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("closed without an end")));
  });
}

/** A server on this machine until the test is over; gives its port. */
export async function listenHere(
  serve: (socket: Socket) => void,
  { host = "127.0.0.1" }: { readonly host?: string } = {},
): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    serve(socket);
  });
  onTestFinished(() => void server.close());
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A port of this machine that nothing listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** A connection to this machine until the test is over, open in both directions until each is ended. */
export async function connectHere(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** The code with which a connection to this machine breaks, at once or once it is open. */
export async function failToConnect(port: number): Promise<unknown> {
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  return error.code;
}
