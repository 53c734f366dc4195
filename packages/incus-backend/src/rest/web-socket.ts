import type * as ws from "ws";

let loading: Promise<typeof ws> | undefined;

/** The websocket library, which is half of all that there is to load: with the first stream, and not before. */
export function loadWebSocket(): Promise<typeof ws> {
  return (loading ??= import("ws"));
}

/** Loads it while the server works on a request that was made just before, which is sent first. */
export function preloadWebSocket(): void {
  if (loading === undefined) setImmediate(() => void loadWebSocket());
}
