import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashSubject } from "./certificate-hash.ts";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-certificates-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function expectSame(path: string): Promise<void> {
  const { stdout } = await run("openssl", ["x509", "-noout", "-hash", "-in", path]);
  expect({ path, hash: hashSubject(new X509Certificate(await readFile(path))) }).toEqual({
    path,
    hash: stdout.trim(),
  });
}

const subjects: readonly (readonly [string, ...string[]])[] = [
  ["/CN=Plain"],
  ["/C=DE/O=Some  Where \t Else/CN= Upper CASE "],
  ["/CN=Ünïcode ÄÖ/O=Größe", "-utf8"],
  ["/CN=one+O=two+OU=three/C=US", "-multivalue-rdn"],
  ["/CN=pkcs/emailAddress=Root@Example.ORG/DC=Com"],
  [`/CN=${"long ".repeat(12)}/OU=${"x".repeat(60)}`],
];

test.each(subjects)("OpenSSL names %s the same", async (subject, ...flags) => {
  const path = join(folder, "made.pem");
  const key = ["-newkey", "ed25519", "-nodes", "-keyout", join(folder, "key.pem")];
  await run("openssl", ["req", "-x509", ...key, "-out", path, "-days", "1", "-subj", subject, ...flags]);
  await expectSame(path);
});

// of OpenSSL's masks (openssl-req: string_mask)
test.each([
  ["a printable string", "0x0002", "Some  Name"],
  ["a T61 string", "0x0004", "Größe  X"],
  ["a BMP string", "0x0800", "Größe  Ω"],
])("OpenSSL names %s the same", async (_kind, mask, name) => {
  const config = join(folder, "req.cnf");
  await writeFile(
    config,
    `[req]
string_mask = MASK:${mask}
utf8 = yes
prompt = no
distinguished_name = name
[name]
CN = ${name}
`,
  );
  const path = join(folder, "kind.pem");
  const key = ["-newkey", "ed25519", "-nodes", "-keyout", join(folder, "key.pem")];
  await run("openssl", ["req", "-x509", ...key, "-out", path, "-days", "1", "-config", config]);
  const { stdout } = await run("openssl", ["asn1parse", "-in", path]);
  expect(stdout).toContain(
    { "0x0002": "PRINTABLESTRING", "0x0004": "T61STRING", "0x0800": "BMPSTRING" }[mask],
  );
  await expectSame(path);
});

test("all CAs of this machine are named as their links are", async () => {
  const names = (await readdir("/etc/ssl/certs")).filter((name) => /^[0-9a-f]{8}\.\d$/.test(name));
  expect(names.length).toBeGreaterThan(50);
  for (const name of names) {
    const certificate = new X509Certificate(await readFile(join("/etc/ssl/certs", name)));
    expect({ name, hash: hashSubject(certificate) }).toEqual({ name, hash: name.slice(0, 8) });
  }
});
