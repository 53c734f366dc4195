import { basename } from "node:path/posix";
import { type CallOptions, FileNotFoundError, PixelsError, type Sandbox } from "@pixels/core";

const DIRECTORY = "/etc/ssh";
/** Of a public key; the longest there are have about 3 KiB. */
const MAX_KEY_BYTES = 16 * 1024;

/** A type and the key itself. Nothing else of the line is taken over: a marker or a pattern of hosts would have it count for others. */
const keyForm = /^((?:ssh|ecdsa)-[a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})(?: |$)/;

/** The public keys that the sandbox's sshd shows, as "type base64". Rejects with FILE_NOT_FOUND where there are none. */
export async function readHostKeys(sandbox: Sandbox, { signal }: CallOptions): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const { path, kind, sizeBytes } of await listDirectory(sandbox, { signal })) {
    if (!/^ssh_host_\w+_key\.pub$/.test(basename(path)) || kind !== "file" || sizeBytes > MAX_KEY_BYTES)
      continue;
    const [, type, key] = keyForm.exec(await sandbox.files.readText(path, { signal })) ?? [];
    if (type !== undefined && key !== undefined) keys.push(`${type} ${key}`);
  }
  if (keys.length > 0) return keys;
  throw new FileNotFoundError(
    `sandbox ${JSON.stringify(sandbox.name)} has no SSH host keys in ${DIRECTORY}, and so no SSH server`,
    {
      next: `install one, such as with: pixels exec --root ${sandbox.name} -- apt-get install -y openssh-server`,
      context: { sandbox: sandbox.name },
    },
  );
}

async function listDirectory(sandbox: Sandbox, options: CallOptions) {
  try {
    return await sandbox.files.list(DIRECTORY, options);
  } catch (error) {
    if (PixelsError.is(error) && error.code === "FILE_NOT_FOUND") return [];
    throw error;
  }
}
