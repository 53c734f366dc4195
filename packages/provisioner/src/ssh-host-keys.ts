import { generateKeyPair, type KeyObject } from "node:crypto";
import { basename } from "node:path/posix";
import { promisify } from "node:util";
import type { CallOptions, SandboxFiles } from "@pixels/core";
import { statIfThere } from "./files-there.ts";
import { formatOpensshKey } from "./openssh-key.ts";

const DIRECTORY = "/etc/ssh";
const SSHD = "/usr/sbin/sshd";
const ROOT = { uid: 0, gid: 0 };
/** What ssh-keygen takes. */
const RSA_BITS = 3072;

const generate = promisify(generateKeyPair);

/** By the kind that the file's name tells: ssh_host_<kind>_key. */
const makers: Readonly<Record<string, () => Promise<KeyObject>>> = {
  ed25519: async () => (await generate("ed25519")).privateKey,
  ecdsa: async () => (await generate("ec", { namedCurve: "P-256" })).privateKey,
  rsa: async () => (await generate("rsa", { modulusLength: RSA_BITS })).privateKey,
};

/**
 * Removes all host keys, and makes new ones of the same kinds, and an Ed25519 key in any case, so that sshd works from the first start on.
 * Where there is no sshd, and no key either, nothing is made.
 */
export async function replaceHostKeys(
  files: SandboxFiles,
  { hostname }: { readonly hostname: string },
  { signal }: CallOptions,
): Promise<void> {
  if ((await statIfThere(files, DIRECTORY, { signal }))?.kind !== "directory") return;
  const old = (await files.list(DIRECTORY, { signal })).filter(({ path }) =>
    basename(path).startsWith("ssh_host_"),
  );
  if (old.length === 0 && (await statIfThere(files, SSHD, { signal })) === undefined) return;
  const kinds = Object.entries(makers).filter(
    ([kind]) => kind === "ed25519" || old.some(({ path }) => path === toPath(kind)),
  );
  const made = await Promise.all(
    kinds.map(async ([kind, make]) => ({
      path: toPath(kind),
      key: formatOpensshKey(await make(), { comment: `root@${hostname}` }),
    })),
  );
  for (const { path } of old) await files.remove(path, { recursive: true, signal });
  for (const { path, key } of made) {
    await files.write(path, key.privateFile, { mode: 0o600, owner: ROOT, signal });
    await files.write(`${path}.pub`, key.publicFile, { mode: 0o644, owner: ROOT, signal });
  }
}

function toPath(kind: string): string {
  return `${DIRECTORY}/ssh_host_${kind}_key`;
}
