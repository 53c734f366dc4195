import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

export interface CertificateAuthority {
  readonly pem: string;
  /** Key and certificate of a server named "localhost", in one text. */
  readonly server: string;
}

/** A CA that nobody knows, for as long as the test runs. */
export async function makeAuthority(name: string): Promise<CertificateAuthority> {
  const folder = await mkdtemp(join(tmpdir(), "pixels-authority-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = (file: string): string => join(folder, file);
  const key = (file: string): readonly string[] => ["-newkey", "ed25519", "-nodes", "-keyout", path(file)];
  await run("openssl", [
    "req",
    "-x509",
    ...key("ca.key"),
    "-out",
    path("ca.crt"),
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
  ]);
  const issuer = ["-CA", path("ca.crt"), "-CAkey", path("ca.key")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const noCa = ["-addext", "basicConstraints=critical,CA:false"];
  const out = ["-out", path("server.crt"), "-days", "2"];
  await run("openssl", ["req", "-x509", ...issuer, ...key("server.key"), ...out, ...names, ...noCa]);
  const [pem, serverKey, certificate] = await Promise.all(
    ["ca.crt", "server.key", "server.crt"].map((file) => readFile(path(file), "utf8")),
  );
  return { pem: pem ?? "", server: `${serverKey}${certificate}` };
}
