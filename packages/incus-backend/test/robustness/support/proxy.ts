import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** pass: as if it were not there; hangUp: takes connections and closes them; blackhole: takes everything and answers nothing. */
export type ProxyMode = "pass" | "hangUp" | "blackhole";

/** Stands between a client and the daemon and can break what goes through it. */
export interface Proxy extends AsyncDisposable {
  readonly socketPath: string;
  /** How many connections are open. */
  readonly open: number;
  setMode(mode: ProxyMode): void;
  /** Holds back each piece of data in both directions. */
  setDelay(delayMs: number): void;
  /** What the daemon says in the n-th websocket from now on comes when the daemon has closed it, all at once, and then there is nobody to answer. */
  holdBack(n: number): void;
  cutAll(): void;
  /** Of the websockets that are open, in the order in which they were asked for: what cuts each. */
  readonly websockets: readonly (() => void)[];
  /** Cuts those whose first line of request matches; gives how many. */
  cut(request: RegExp): number;
}

interface Link {
  readonly ends: readonly [Socket, Socket];
  request: string;
  /** What is held back until the daemon is done. */
  held: Buffer[] | undefined;
}

export async function openProxy(daemonSocket: string): Promise<Proxy> {
  const socketPath = join(tmpdir(), `pixels-proxy-${randomUUID()}.socket`);
  const links = new Set<Link>();
  let mode: ProxyMode = "pass";
  let delayMs = 0;
  let untilHeld = Number.POSITIVE_INFINITY;

  /** `take` sees each piece of data, and may keep it. */
  function forward(from: Socket, to: Socket, take: (data: Buffer) => "kept" | undefined): void {
    from.on("data", (data: Buffer) => {
      if (take(data) === "kept") return;
      if (mode === "blackhole") return;
      const pass = (): void => {
        if (to.destroyed || to.write(data)) return;
        from.pause();
        to.once("drain", () => from.resume());
      };
      if (delayMs === 0) pass();
      else setTimeout(pass, delayMs);
    });
    from.on("error", () => {});
    from.once("close", () => setTimeout(() => to.destroy(), delayMs));
  }

  const server = createServer((client) => {
    if (mode === "hangUp") {
      client.on("error", () => {});
      client.destroy();
      return;
    }
    const daemon = connect(daemonSocket);
    const link: Link = { ends: [client, daemon], request: "", held: undefined };
    links.add(link);
    client.once("close", () => links.delete(link));
    forward(client, daemon, (data) => {
      if (/^(?:GET|POST|PUT|PATCH|DELETE) /.test(data.subarray(0, 8).toString("latin1"))) {
        link.request = data.toString("latin1").split("\r\n")[0] ?? "";
        if (link.request.includes("/websocket") && untilHeld-- === 0) link.held = [];
      }
      return undefined;
    });
    // before "close", which destroys the other end
    daemon.once("end", () => {
      if (link.held !== undefined) client.end(Buffer.concat(link.held), () => client.destroy());
    });
    forward(daemon, client, (data) => {
      if (link.held === undefined) return undefined;
      link.held.push(data);
      return "kept";
    });
  });
  const destroy = (link: Link): void => link.ends.forEach((end) => end.destroy());
  const cut = (request: RegExp): number => {
    const chosen = [...links].filter((link) => request.test(link.request));
    chosen.forEach(destroy);
    return chosen.length;
  };
  server.listen(socketPath);
  await once(server, "listening");
  return {
    socketPath,
    get open() {
      return links.size;
    },
    get websockets() {
      return [...links]
        .filter(({ request }) => /\/websocket/.test(request))
        .map((link) => () => destroy(link));
    },
    setMode: (next) => (mode = next),
    setDelay: (next) => (delayMs = next),
    holdBack: (n) => (untilHeld = n),
    cutAll: () => void cut(/^/),
    cut,
    async [Symbol.asyncDispose]() {
      server.close();
      cut(/^/);
      await rm(socketPath, { force: true });
    },
  };
}
