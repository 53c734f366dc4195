import { on } from "node:events";
import type { CallOptions } from "@pixels/core";
import { abortable, parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import { IncusConnectionError } from "./errors.ts";
import { type IncusTransport, toConnectionError } from "./transport.ts";

const eventSchema = v.object({
  type: v.string(),
  metadata: v.object({
    action: v.optional(v.string()),
    source: v.optional(v.string()),
    context: v.nullish(v.record(v.string(), v.unknown())),
  }),
});
export type IncusEvent = v.InferOutput<typeof eventSchema>;

/** What the daemon does, from the moment it was opened. Disposing it, or leaving the iteration, closes it. */
export interface IncusEventStream extends AsyncIterable<IncusEvent>, Disposable {}

/** /1.0/events */
export interface IncusEvents {
  /** Resolves once the daemon is telling. The iteration ends where the connection does. */
  open(type: "lifecycle" | "operation", options?: CallOptions): Promise<IncusEventStream>;
}

export function createEvents(transport: IncusTransport): IncusEvents {
  return {
    async open(type, { signal } = {}) {
      signal?.throwIfAborted();
      const name = `GET /1.0/events?type=${type}`;
      const [socket] = await transport.openWebSockets([`/1.0/events?type=${type}`]);
      // collected from here on: nothing that comes right after the opening is missed
      const messages = on(socket, "message", { close: ["close"], signal });
      const opened = new Promise<void>((resolve, reject) => {
        socket.once("open", resolve);
        socket.on("error", (error) => reject(toConnectionError(error, name)));
        socket.once("close", () => reject(new IncusConnectionError(name, "ECONNRESET", undefined)));
      });
      try {
        await abortable(opened, signal);
      } catch (error) {
        socket.terminate();
        throw error;
      }
      return {
        async *[Symbol.asyncIterator]() {
          try {
            for await (const [data] of messages as AsyncIterable<[Buffer]>)
              yield parseBody(eventSchema, JSON.parse(data.toString("utf8")), "an event");
          } finally {
            socket.terminate();
          }
        },
        [Symbol.dispose]() {
          socket.terminate();
        },
      };
    },
  };
}
