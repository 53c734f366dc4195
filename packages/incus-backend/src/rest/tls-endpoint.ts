import type { X509Certificate } from "node:crypto";
import { Agent, type ClientRequestArgs } from "node:http";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { BackendUnauthorizedError } from "@pixels/core";
import { agentOptions, type Endpoint } from "./endpoint.ts";
import { IncusConnectionError } from "./errors.ts";

/** A daemon that listens with TLS (Incus: core.https_address). */
export interface RemoteServer {
  readonly host: string;
  readonly port: number;
  /** With the client's certificate and key. */
  readonly context: SecureContext;
  /** The only certificate that the server may show. Absent: any that a public CA has signed for the host. */
  readonly serverCertificate: X509Certificate | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that is gone without a word shows half a minute later. */
const KEEP_ALIVE_MS = 15_000;

/** TLS to a remote daemon; what it is, or what works it out at the first request. Nothing is sent before the server's certificate was checked. */
export function tlsEndpoint(remote: () => RemoteServer): Endpoint {
  let found: RemoteServer | undefined;
  let session: Buffer | undefined;
  const dial = async (): Promise<TLSSocket> =>
    await open((found ??= remote()), {
      session,
      keep: (next) => {
        session = next;
      },
    });
  const agent = new DialingAgent(dial);
  return {
    requestOptions: () => ({ agent }),
    connect: dial,
    tellsUnread: false,
    destroy: () => agent.destroy(),
  };
}

/** Hands out connections that are open and checked. */
class DialingAgent extends Agent {
  readonly #dial: () => Promise<Socket>;

  constructor(dial: () => Promise<Socket>) {
    super(agentOptions);
    this.#dial = dial;
  }

  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    callbackify(this.#dial)((error, socket) => done?.(error, socket));
  }
}

interface SessionStore {
  readonly session: Buffer | undefined;
  readonly keep: (session: Buffer) => void;
}

async function open(server: RemoteServer, { session, keep }: SessionStore): Promise<TLSSocket> {
  const { host, port, context, serverCertificate } = server;
  const options: ConnectionOptions = {
    host,
    port,
    secureContext: context,
    minVersion: "TLSv1.2",
    session,
    // one that is pinned is checked by us: it is its own issuer, and made out to no host
    rejectUnauthorized: serverCertificate === undefined,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
  const socket = connect(options);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  // one of a server that is not the one would pass for checked the next time
  let checked = false;
  let latest: Buffer | undefined;
  socket.on("session", (next) => {
    latest = next;
    if (checked) keep(next);
  });
  let timer: NodeJS.Timeout | undefined;
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    timer = setTimeout(
      () => reject(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
      CONNECT_TIMEOUT_MS,
    );
  });
  try {
    await connected;
    // a resumed session began with the same check
    if (serverCertificate !== undefined && !socket.isSessionReused())
      checkPin(socket, serverCertificate, server);
    checked = true;
    if (latest !== undefined) keep(latest);
    // it may fail before anybody uses it, who then sees that it is closed
    socket.on("error", () => {});
    return socket;
  } catch (error) {
    // what it still says interests nobody
    socket.on("error", () => {});
    socket.destroy();
    throw toDialError(error, server);
  } finally {
    clearTimeout(timer);
  }
}

function checkPin(socket: TLSSocket, expected: X509Certificate, server: RemoteServer): void {
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  if (shown === expected.fingerprint256) return;
  throw new BackendUnauthorizedError(
    `the server at ${describe(server)} shows another certificate than incus.server_cert: SHA-256 ${shown ?? "none"} and not ${expected.fingerprint256}`,
    {
      next: "find out why; if its certificate was renewed, put the new one (on the server: incus info, or server.crt in its folder) in the place of the old",
      context: { shown, expected: expected.fingerprint256 },
    },
  );
}

/** OpenSSL's names for a certificate that nobody vouches for, or that is made out to another host. */
const unverified = /^(?:DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/;

function toDialError(error: unknown, server: RemoteServer): unknown {
  if (!(error instanceof Error)) return error;
  // several addresses tried: the first error stands for all
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && "code" in first && typeof first.code === "string" ? first.code : "";
  const where = describe(server);
  if (unverified.test(code))
    return new BackendUnauthorizedError(
      `the certificate of the server at ${where} cannot be verified (${code})`,
      {
        cause: error,
        next: "save the server's certificate (on the server: server.crt in its folder) and name the file in incus.server_cert",
        context: { code },
      },
    );
  return /^E[A-Z_]+$/.test(code) ? new IncusConnectionError("connect", code, error, where) : error;
}

function describe({ host, port }: RemoteServer): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
