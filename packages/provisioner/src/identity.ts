import { randomUUID } from "node:crypto";
import type { CallOptions, SandboxFiles } from "@pixels/core";
import { listIfThere, readIfText, statIfThere } from "./files-there.ts";
import { renameInHosts } from "./hosts-file.ts";
import { replaceHostKeys } from "./ssh-host-keys.ts";

const ROOT = { uid: 0, gid: 0 };

/** What a machine remembers, and two must not share: seeds of random numbers, and addresses that a DHCP server gave it. */
const memories = [
  "/var/lib/systemd/random-seed",
  "/var/lib/urandom/random-seed",
  "/var/lib/misc/random-seed",
  "/var/lib/random-seed",
  "/var/lib/seedrng",
  "/var/lib/dhcpcd/duid",
];
const LEASES = "/var/lib/dhcp";

/** Makes a machine of its own of a copy of another, or of an image: machine-id, SSH host keys, host name, seeds. It must not run. */
export async function giveIdentity(
  files: SandboxFiles,
  { hostname }: { readonly hostname: string },
  options: CallOptions,
): Promise<void> {
  await Promise.all([
    replaceMachineId(files, options),
    replaceHostKeys(files, { hostname }, options),
    replaceHostname(files, hostname, options),
    forget(files, options),
  ]);
}

/**
 * systemd's: 32 hexadecimal digits (machine-id(5)). A system without one has nothing to tell it by; one that is told to make its own at the first
 * boot does more than that then.
 */
async function replaceMachineId(files: SandboxFiles, { signal }: CallOptions): Promise<void> {
  if ((await readIfText(files, "/etc/machine-id", { signal }))?.trim() === "uninitialized") return;
  const text = `${randomUUID().replaceAll("-", "")}\n`;
  for (const path of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    const kind = (await statIfThere(files, path, { signal }))?.kind;
    if (kind === undefined) continue;
    // the second is mostly a symlink to the first
    if (kind === "symlink" && path !== "/etc/machine-id") continue;
    await files.write(path, text, { mode: 0o444, owner: ROOT, signal });
  }
}

async function replaceHostname(
  files: SandboxFiles,
  hostname: string,
  { signal }: CallOptions,
): Promise<void> {
  const [old = "", hosts = ""] = await Promise.all([
    readIfText(files, "/etc/hostname", { signal }),
    readIfText(files, "/etc/hosts", { signal }),
  ]);
  const how = { mode: 0o644, owner: ROOT, signal };
  await files.write("/etc/hostname", `${hostname}\n`, how);
  await files.write("/etc/hosts", renameInHosts(hosts, old.trim(), hostname), how);
}

async function forget(files: SandboxFiles, { signal }: CallOptions): Promise<void> {
  const leases = await listIfThere(files, LEASES, { signal });
  const paths = [...memories, ...leases.filter(({ kind }) => kind === "file").map(({ path }) => path)];
  for (const path of paths) await files.remove(path, { recursive: true, signal });
}
