import { UsageError } from "./failure.ts";

/** A port of a sandbox on a port of this machine. */
export interface PortForward {
  /** 0 for any that is free. */
  readonly localPort: number;
  readonly port: number;
}

const form = /^(?:(\d{1,5}):)?(\d{1,5})$/;
const MAX_PORT = 65_535;

/** `[<local>:]<port>`; alone it is the same one here. */
function parsePortForward(text: string): PortForward {
  const [, local, remote = ""] = form.exec(text) ?? [];
  const port = Number(remote);
  const localPort = Number(local ?? remote);
  if (port >= 1 && port <= MAX_PORT && localPort <= MAX_PORT) return { localPort, port };
  throw new UsageError(`${JSON.stringify(text)} is no port to forward`, {
    next: `write a port from 1 to ${MAX_PORT}, such as 8080, or 3000:8080 for another one here (0: any that is free)`,
  });
}

/** Each port here can be had once. Throws a `UsageError`. */
export function parsePortForwards(texts: readonly string[]): readonly PortForward[] {
  const forwards = texts.map(parsePortForward);
  const seen = new Set<number>();
  for (const { localPort } of forwards) {
    if (seen.has(localPort))
      throw new UsageError(`port ${localPort} of this machine is named twice`, {
        next: "name another one for one of them, as in 3000:8080",
      });
    if (localPort !== 0) seen.add(localPort);
  }
  return forwards;
}
