import type { Socket } from "node:net";
import type { Sandbox } from "@pixels/core";
import { relayPort } from "./forward-relay.ts";

/**
 * Joins a connection with a port of the sandbox until it is over: what either side does to it, the other one sees. Rejects as `relayPort` does,
 * with the connection broken off; that the connection is closed here is no failure.
 */
export async function relaySocket(sandbox: Sandbox, port: number, socket: Socket): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => {
    // with both ends seen the relay is about to end by itself
    if (!socket.readableEnded || !socket.writableFinished) gone.abort(new Error("the connection is gone"));
  });
  try {
    const outcome = await relayPort(sandbox, port, {
      input: socket,
      output: socket,
      endOutput: () => socket.end(),
      signal: gone.signal,
    });
    if (outcome === "reset") breakOff(socket);
  } catch (error) {
    if (gone.signal.aborted) return;
    breakOff(socket);
    throw error;
  }
}

function breakOff(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}
