import { createHash, randomUUID, timingSafeEqual, X509Certificate } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:tls";
import { join } from "node:path";
import {
  BackendUnauthorizedError,
  BackendUnavailableError,
  InvalidArgumentError,
  type CallOptions,
} from "@pixels/core";
import { abortable } from "@pixels/core/backend";
import { parseRemote, useIncus } from "@pixels/incus-backend";
import { IncusApiError } from "@pixels/incus-backend/rest";
import selfsigned from "selfsigned";
import * as v from "valibot";

/** What `incus config trust add` prints, decoded. The secret in it works once. */
const tokenSchema = v.object({
  client_name: v.string(),
  fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  addresses: v.pipe(v.array(v.string()), v.minLength(1)),
  secret: v.string(),
  expires_at: v.optional(v.string()),
});

export interface JoinRemoteOptions extends CallOptions {
  /** What \`incus config trust add\` has printed. */
  readonly token: string;
  /**
   * Where a folder with client.crt, client.key and server.crt is made, under a name that no other join has: those of other servers, and what a
   * configuration names, stay.
   */
  readonly folder: string;
  /** Where the server is, as "host:port", where the token's own addresses cannot be reached from here. */
  readonly address?: string;
}

/** A server that trusts this machine from now on, as the keys of the configuration. */
export interface JoinedRemote {
  readonly remote: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly serverCert: string;
  /** The project that the token is for, where it is for one alone. */
  readonly project?: string;
}

const CONNECT_MS = 10_000;
const DAYS_VALID = 3650;

/**
 * Redeems a trust token: checks that the server at one of its addresses has the certificate that the token names, before anything is sent; makes a
 * key and a certificate of its own; and has the server trust it. Nothing is left of one that fails. Rejects with INVALID_ARGUMENT for what is no
 * token, BACKEND_UNAVAILABLE where no address answers, BACKEND_UNAUTHORIZED where another server answers or the token is used up. The token is in
 * no error.
 */
export async function joinRemote(options: JoinRemoteOptions): Promise<JoinedRemote> {
  const { folder, address, signal } = options;
  // the server's own client prints a line of words before it
  const word = options.token.trim().split(/\s+/).at(-1) ?? "";
  const token = parseToken(word);
  const { remote, certificate } = await findServer(
    address === undefined ? token.addresses : [address],
    token.fingerprint,
    { signal },
  );
  const part = join(folder, `.join-${randomUUID()}`);
  try {
    await mkdir(part, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new InvalidArgumentError(
      `cannot write to ${folder}: ${error instanceof Error ? error.message : ""}`,
      {
        cause: error,
        next: "name a configuration in a folder of yours with --config",
      },
    );
  }
  try {
    const made = await selfsigned.generate([{ name: "commonName", value: token.client_name }], {
      keyType: "ec",
      curve: "P-256",
      notAfterDate: new Date(Date.now() + DAYS_VALID * 86_400_000),
    });
    await writeFile(join(part, fileNames.clientKey), made.private, { mode: 0o600 });
    await writeFile(join(part, fileNames.clientCert), made.cert);
    await writeFile(join(part, fileNames.serverCert), certificate.toString());
    const project = await redeem(toJoined(remote, part), { name: token.client_name, token: word, signal });
    const own = join(
      folder,
      new X509Certificate(made.cert).fingerprint256.replaceAll(":", "").slice(0, 12).toLowerCase(),
    );
    await rename(part, own);
    return { ...toJoined(remote, own), ...(project === undefined ? {} : { project }) };
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

const fileNames = { clientCert: "client.crt", clientKey: "client.key", serverCert: "server.crt" } as const;

function toJoined(remote: string, folder: string): JoinedRemote {
  return {
    remote,
    clientCert: join(folder, fileNames.clientCert),
    clientKey: join(folder, fileNames.clientKey),
    serverCert: join(folder, fileNames.serverCert),
  };
}

/** Gives the project where the client is let into others than the default one alone. */
async function redeem(
  server: JoinedRemote,
  { name, token, signal }: CallOptions & { readonly name: string; readonly token: string },
): Promise<string | undefined> {
  return await useIncus({ ...server, environment: {} }, async (api) => {
    try {
      await api.transport.request("POST", "/1.0/certificates", {
        signal,
        body: { type: "client", name, trust_token: token },
      });
    } catch (error) {
      if (!(error instanceof IncusApiError && error.status === 403)) throw error;
      throw new BackendUnauthorizedError("the server refuses the token: it was used before, or has expired", {
        cause: error,
        next: "have another one made on the server with: incus config trust add <name>",
      });
    }
    const { auth } = await api.server.get({ signal });
    if (auth !== "trusted")
      throw new BackendUnauthorizedError("the server has taken the token, but does not trust this machine", {
        next: "look at what it trusts with: incus config trust list",
      });
    const projects = await api.projects.listNames({ signal });
    return projects.includes("default") ? undefined : projects[0];
  });
}

function parseToken(text: string): v.InferOutput<typeof tokenSchema> {
  let token: v.InferOutput<typeof tokenSchema>;
  try {
    token = v.parse(tokenSchema, JSON.parse(Buffer.from(text, "base64").toString("utf8")));
  } catch {
    throw new InvalidArgumentError("what was read is no trust token of Incus", {
      next: "have one made on the server with: incus config trust add <name>",
    });
  }
  const expiry = Date.parse(token.expires_at ?? "");
  // one that never expires has the first day of the year 1
  if (expiry > 0 && expiry < Date.now())
    throw new BackendUnauthorizedError("the token has expired", {
      next: "have another one made on the server with: incus config trust add <name>",
    });
  return token;
}

/** The first address behind which the right server is. Another server behind one of them is not passed over in silence. */
async function findServer(
  addresses: readonly string[],
  fingerprint: string,
  options: CallOptions,
): Promise<{ readonly remote: string; readonly certificate: X509Certificate }> {
  for (const address of addresses) parseRemote(address);
  const failures: string[] = [];
  let another = false;
  for (const address of addresses) {
    try {
      const certificate = await readCertificate(address, options);
      const found = createHash("sha256").update(certificate.raw).digest();
      if (timingSafeEqual(found, Buffer.from(fingerprint, "hex")))
        return { remote: address.includes("://") ? address : `https://${address}`, certificate };
      another = true;
      failures.push(`${address} has another certificate, ${found.toString("hex").slice(0, 12)}…`);
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`${address}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const said = failures.join("; ");
  if (another)
    throw new BackendUnauthorizedError(
      `the server of the token has the certificate ${fingerprint.slice(0, 12)}…, and was not found: ${said}`,
      { next: "nothing was sent; make sure that the address is that server's" },
    );
  throw new BackendUnavailableError(`no address of the token can be reached: ${said}`, {
    next: "check that core.https_address is set on the server, or name the way to it with --address",
  });
}

/** The handshake alone: nothing is sent. The certificate is compared, so no authority has to vouch for it. */
async function readCertificate(address: string, { signal }: CallOptions): Promise<X509Certificate> {
  const { host, port } = parseRemote(address);
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    timeout: CONNECT_MS,
  });
  try {
    return await abortable(
      new Promise((resolve, reject) => {
        socket.once("error", reject);
        socket.once("timeout", () => reject(new Error("it does not answer")));
        socket.once("secureConnect", () => {
          const certificate = socket.getPeerX509Certificate();
          if (certificate === undefined) reject(new Error("it has no certificate"));
          else resolve(certificate);
        });
      }),
      signal,
    );
  } finally {
    socket.destroy();
  }
}
