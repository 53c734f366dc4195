import type { WebSocket } from "ws";

/** Undefined: the server said that it is the end. Else how the stream was cut. */
export type StreamEnd = Error | undefined;

/** Reads until the empty text frame that ends a stream, or until the socket closes. */
export function readStream(socket: WebSocket, onData: (data: Buffer) => void): Promise<StreamEnd> {
  return new Promise((resolve) => {
    socket.on("error", resolve);
    socket.once("close", (code: number) => resolve(new Error(`the websocket was closed (${code})`)));
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (!isBinary) resolve(undefined);
      else if (data.length > 0) onData(data);
    });
  });
}

/** Settles too when the socket never opens: an exec that ended first has nobody to read it. */
export function whenOpen(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("open", () => resolve());
    socket.once("close", () => resolve());
    socket.on("error", () => resolve());
  });
}

/** Resolves once the frame is with the kernel. What a command that has ended does not read is dropped. */
export function sendFrame(
  socket: WebSocket,
  data: string | Uint8Array,
  options: { readonly binary: boolean },
): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    socket.send(data, options, () => resolve());
  });
}
