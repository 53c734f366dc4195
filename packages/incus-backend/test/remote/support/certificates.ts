import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { IncusApi } from "../../../src/rest/index.ts";
import selfsigned from "selfsigned";

export interface Identity {
  readonly clientCert: string;
  readonly clientKey: string;
}

/** Makes a key and a certificate that it has signed itself, as `<name>.crt` and `<name>.key` in the folder. */
export async function makeIdentity(folder: string, name: string): Promise<Identity> {
  const made = await selfsigned.generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    curve: "P-256",
  });
  const identity = { clientCert: join(folder, `${name}.crt`), clientKey: join(folder, `${name}.key`) };
  await writeFile(identity.clientCert, made.cert);
  await writeFile(identity.clientKey, made.private, { mode: 0o600 });
  return identity;
}

/** What the server is to know of a certificate that it trusts. */
export interface TrustOptions {
  readonly pem: string;
  /** Only in these. Default: everywhere. */
  readonly projects?: readonly string[];
}

export async function trust(api: IncusApi, { pem, projects }: TrustOptions): Promise<void> {
  const certificate = new X509Certificate(pem).raw.toString("base64");
  const restriction = projects === undefined ? {} : { restricted: true, projects };
  await api.transport.request("POST", "/1.0/certificates", {
    body: { type: "client", name: "test", certificate, ...restriction },
  });
}

export async function revoke(api: IncusApi, pem: string): Promise<void> {
  const fingerprint = new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
  await api.transport.request("DELETE", `/1.0/certificates/${fingerprint}`);
}
