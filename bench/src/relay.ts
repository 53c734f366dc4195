import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A socket that passes requests on to a daemon and counts them. */
export interface Relay extends AsyncDisposable {
  readonly socketPath: string;
  count(): number;
}

export async function relayCounting(targetPath: string): Promise<Relay> {
  const folder = await mkdtemp(join(tmpdir(), "pixels-bench-"));
  const socketPath = join(folder, "relay.socket");
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests++;
    const { method, url, headers } = incoming;
    const passed = request({ socketPath: targetPath, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.once("error", (error) => outgoing.destroy(error));
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    socketPath,
    count: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
