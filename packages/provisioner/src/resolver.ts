import { isIP } from "node:net";
import { type CallOptions, InvalidArgumentError, type SandboxFiles } from "@pixels/core";
import { readIfThere, readlinkIfThere, statIfThere } from "./files-there.ts";
import { ROOT, writeAsRoot } from "./write-file.ts";

const RESOLV_CONF = "/etc/resolv.conf";
const RESOLVED = "/etc/systemd/resolved.conf.d/pixels.conf";
const MARK = "# written by pixels";

/** Of the C library (resolv.conf(5), MAXNS). */
const MAX_SERVERS = 3;

/** What keeps a DHCP client from writing its own servers, where there is such a client. */
const clients: readonly { readonly ifThere: string; readonly path: string; readonly text: string }[] = [
  {
    ifThere: "/etc/dhcp",
    path: "/etc/dhcp/dhclient-enter-hooks.d/pixels",
    text: `${MARK}\nmake_resolv_conf() { :; }\n`,
  },
  { ifThere: "/etc/dhcpcd.conf", path: "/etc/dhcpcd.conf", text: `${MARK}\nnohook resolv.conf\n` },
  { ifThere: "/etc/udhcpc", path: "/etc/udhcpc/udhcpc.conf", text: `${MARK}\nRESOLV_CONF="no"\n` },
  {
    ifThere: "/etc/NetworkManager/conf.d",
    path: "/etc/NetworkManager/conf.d/pixels.conf",
    text: `${MARK}\n[main]\ndns=none\n`,
  },
];

/** Throws INVALID_ARGUMENT for what is no address. */
export function checkServers(dns: readonly string[]): void {
  const bad = dns.find((address) => isIP(address) === 0);
  if (bad !== undefined)
    throw new InvalidArgumentError(`${JSON.stringify(bad)} is not the address of a name server`, {
      next: "give an IPv4 or IPv6 address",
    });
}

/** Has a sandbox ask these servers for names, whatever the network offers it. With none it is left as it is. */
export async function writeResolver(
  files: SandboxFiles,
  dns: readonly string[],
  { signal }: CallOptions,
): Promise<void> {
  if (dns.length === 0) return;
  const link = await readlinkIfThere(files, RESOLV_CONF, { signal });
  if (link?.includes("systemd/resolve") === true) {
    // "~.": all names are asked of these, and none of a link's own servers
    const text = `${MARK}\n[Resolve]\nDNS=${dns.join(" ")}\nDomains=~.\n`;
    await writeAsRoot(files, RESOLVED, text, { signal });
    return;
  }
  for (const { ifThere, path, text } of clients) {
    if ((await statIfThere(files, ifThere, { signal })) === undefined) continue;
    const before = (await readIfThere(files, path, { signal })) ?? "";
    if (before.includes(text)) continue;
    const gap = before === "" || before.endsWith("\n") ? "" : "\n";
    await writeAsRoot(files, path, before + gap + text, { signal });
  }
  const lines = dns.slice(0, MAX_SERVERS).map((address) => `nameserver ${address}\n`);
  await files.write(RESOLV_CONF, `${MARK}\n${lines.join("")}`, { mode: 0o644, owner: ROOT, signal });
}
