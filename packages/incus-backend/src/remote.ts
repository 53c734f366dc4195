import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { BackendMisconfiguredError, InvalidArgumentError } from "@pixels/core";
import type { IncusBackendOptions } from "./options.ts";
import type { RemoteServer } from "./rest/tls-endpoint.ts";

/** The port that Incus gives to core.https_address where it names none. */
const DEFAULT_PORT = 8443;
const OPEN_TO_ALL = 0o007;

/**
 * What works out the remote server; undefined where the options name none. Throws INVALID_ARGUMENT where they cannot be meant; the files are read
 * when the result is called, which throws BACKEND_MISCONFIGURED for one that cannot be used.
 */
export function planRemote(options: IncusBackendOptions): (() => RemoteServer) | undefined {
  const { remote, socket, clientCert, clientKey, serverCert } = options;
  if (remote === undefined) {
    const without = Object.entries({ clientCert, clientKey, serverCert }).find(
      ([, value]) => value !== undefined,
    );
    if (without !== undefined)
      throw new InvalidArgumentError(`${without[0]} is for a remote server, and none is named`, {
        next: "name the server in incus.remote, or leave the certificates out",
      });
    return undefined;
  }
  if (socket !== undefined)
    throw new InvalidArgumentError("incus.socket and incus.remote name two servers", {
      next: "leave one of them out",
    });
  if (clientCert === undefined || clientKey === undefined)
    throw new InvalidArgumentError("a remote server needs a client certificate and its key", {
      next: "name their files in incus.client_cert and incus.client_key",
    });
  const address = parseRemote(remote);
  return () => ({
    ...address,
    context: readClient(clientCert, clientKey),
    serverCertificate: serverCert === undefined ? undefined : readServerCertificate(serverCert),
  });
}

/** A server's address as `remote` takes it. Throws INVALID_ARGUMENT for what is none. */
export function parseRemote(remote: string): { readonly host: string; readonly port: number } {
  const text = remote.includes("://") ? remote : `https://${remote}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.pathname === "/" && url.search === "" && url.hash === "";
  if (!plain || url.protocol !== "https:" || url.username !== "" || url.hostname === "")
    throw new InvalidArgumentError(`incus.remote: ${JSON.stringify(remote)} is no address of a server`, {
      next: 'write it as "https://host:8443"',
    });
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    // the scheme's own port is left out of a URL even where it was written
    port: url.port === "" ? (/:443\/?$/.test(text) ? 443 : DEFAULT_PORT) : Number(url.port),
  };
}

function readClient(certPath: string, keyPath: string): RemoteServer["context"] {
  const cert = readPem("incus.client_cert", certPath);
  const key = readPem("incus.client_key", keyPath);
  if ((statSync(keyPath).mode & OPEN_TO_ALL) !== 0)
    throw new BackendMisconfiguredError(`incus.client_key: everybody may read ${keyPath}`, {
      next: `run: chmod 600 ${keyPath}`,
    });
  try {
    return createSecureContext({ cert, key });
  } catch (error) {
    // its words are of the format, never of the content
    throw new BackendMisconfiguredError(
      `${certPath} and ${keyPath} are no certificate and its private key: ${error instanceof Error ? error.message : ""}`,
      { cause: error, next: "check incus.client_cert and incus.client_key" },
    );
  }
}

function readServerCertificate(path: string): X509Certificate {
  const text = readPem("incus.server_cert", path);
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new BackendMisconfiguredError(`incus.server_cert: ${path} is no certificate in PEM`, {
      cause: error,
      next: "save the server's certificate there: on the server, server.crt in its folder",
    });
  }
}

function readPem(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new BackendMisconfiguredError(`${key}: cannot read ${path} (${code})`, {
      cause: error,
      next: `check the path in ${key} and who may read it`,
    });
  }
}
