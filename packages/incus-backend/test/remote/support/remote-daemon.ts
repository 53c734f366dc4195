import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { type IncusApi, openIncusApi } from "../../../src/rest/index.ts";
import { startTestbed, type Testbed } from "../../robustness/support/own-daemon.ts";
import { type Identity, makeIdentity, trust } from "./certificates.ts";

/** The port is the daemon's own, as its network is. */
const PORT = 8443;

/** A private daemon that listens with TLS and trusts one client. */
export interface RemoteDaemon extends AsyncDisposable {
  readonly testbed: Testbed;
  /** Over the unix socket. */
  readonly api: IncusApi;
  /** For certificates and keys; removed with the daemon. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** The trusted client, the server's address and its certificate, as the backend's options. */
  readonly options: Identity & { readonly remote: string; readonly serverCert: string };
}

const serverSchema = v.object({ environment: v.object({ certificate: v.string() }) });

export async function startRemoteDaemon(): Promise<RemoteDaemon> {
  const testbed = await startTestbed({ restartable: true });
  const folder = await mkdtemp(join(tmpdir(), "pixels-remote-"));
  const api = openIncusApi({ socketPath: testbed.socketPath });
  const host = testbed.bridgeAddress.split("/")[0] ?? "";
  await api.transport.request("PATCH", "/1.0", {
    body: { config: { "core.https_address": `${host}:${PORT}` } },
  });
  const { envelope } = await api.transport.request("GET", "/1.0");
  const serverCert = join(folder, "server.crt");
  await writeFile(serverCert, v.parse(serverSchema, envelope.metadata).environment.certificate);
  const identity = await makeIdentity(folder, "client");
  await trust(api, { pem: await readFile(identity.clientCert, "utf8") });
  return {
    testbed,
    api,
    folder,
    host,
    port: PORT,
    options: { ...identity, remote: `https://${host}:${PORT}`, serverCert },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await testbed[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
