import { X509Certificate } from "node:crypto";
import { type CallOptions, FileRefusedError, InvalidArgumentError, type SandboxFiles } from "@pixels/core";
import { hashSubject } from "./certificate-hash.ts";
import { readIfThere, statIfThere } from "./files-there.ts";
import { makeFolder, ROOT, writeAsRoot, writeLink } from "./write-file.ts";

/** Where update-ca-certificates(8) takes a machine's own from, and where it puts all. */
const SOURCES = "/usr/local/share/ca-certificates";
const FOLDER = "/etc/ssl/certs";
const BUNDLE = `${FOLDER}/ca-certificates.crt`;

/** Variables by which OpenSSL, Node.js and Python find the bundle; most other programs know the place. */
export const certificateVariables: Readonly<Record<string, string>> = {
  SSL_CERT_FILE: BUNDLE,
  NODE_EXTRA_CA_CERTS: BUNDLE,
  REQUESTS_CA_BUNDLE: BUNDLE,
};

/** One CA's certificate. */
export interface Certificate {
  /** The same for the same certificate. */
  readonly name: string;
  readonly pem: string;
  /** OpenSSL's name for its subject. */
  readonly hash: string;
}

/** All certificates of a PEM file. Throws INVALID_ARGUMENT where there is none, or one that is broken. */
export function parseCertificates(text: string): readonly Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw noCertificate();
  return blocks.map((block) => {
    try {
      const certificate = new X509Certificate(block);
      const name = `pixels-${certificate.fingerprint256.replaceAll(":", "").slice(0, 16).toLowerCase()}`;
      return { name, pem: certificate.toString(), hash: hashSubject(certificate) };
    } catch (cause) {
      throw noCertificate(cause);
    }
  });
}

function noCertificate(cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError("what was given as certificates of CAs is none", {
    cause,
    next: "give files in PEM, with -----BEGIN CERTIFICATE-----",
  });
}

/**
 * Has a sandbox trust these too, as `update-ca-certificates` would, but in milliseconds, and without a program: the bundle, the folder that
 * OpenSSL looks into, and where a later `update-ca-certificates` finds them again.
 */
export async function writeCertificates(
  files: SandboxFiles,
  certificates: readonly Certificate[],
  { signal }: CallOptions,
): Promise<void> {
  const bundle = (await readIfThere(files, BUNDLE, { signal })) ?? "";
  const missing = certificates.filter(({ pem }) => !bundle.includes(pem));
  if (missing.length === 0) return;
  await makeFolder(files, FOLDER, { signal });
  for (const { name, pem, hash } of missing) {
    const source = `${SOURCES}/${name}.crt`;
    await writeAsRoot(files, source, pem, { signal });
    await writeLink(files, `${FOLDER}/${name}.pem`, source, { signal });
    await writeHashLink(files, { name, hash }, { signal });
  }
  // last, as what is in it counts as done
  const before = bundle === "" || bundle.endsWith("\n") ? bundle : `${bundle}\n`;
  const text = before + missing.map(({ pem }) => pem).join("");
  await files.write(BUNDLE, text, { mode: 0o644, owner: ROOT, signal });
}

/** CAs may share a subject, but hardly as many. */
const MAX_SHARED = 100;

/** The first number that is free. */
async function writeHashLink(
  files: SandboxFiles,
  { name, hash }: Pick<Certificate, "name" | "hash">,
  { signal }: CallOptions,
): Promise<void> {
  const target = `${name}.pem`;
  for (let number = 0; number < MAX_SHARED; number++) {
    const path = `${FOLDER}/${hash}.${number}`;
    const there = await statIfThere(files, path, { signal });
    if (there?.kind === "symlink" && (await files.readlink(path, { signal })) === target) return;
    if (there !== undefined) continue;
    await files.symlink(path, target, { signal });
    return;
  }
  throw new FileRefusedError(`${FOLDER} has more than ${MAX_SHARED} certificates of one subject`);
}
