import { BackendMisconfiguredError } from "@pixels/core";
import { findCommand, findIncusDaemon } from "./find-command.ts";

/** What a tool is needed for: running a private daemon, or building an image. */
export type ToolPurpose = "daemon" | "image";

/** A program, and the package of Debian and Ubuntu that has it. */
export interface PackagedCommand {
  readonly command: string;
  readonly package: string;
}

/** One that this package runs. */
export interface Tool extends PackagedCommand {
  readonly purpose: ToolPurpose;
}

/** Everything that this package runs. */
export const allTools: readonly Tool[] = [
  { command: "incusd", package: "incus-base", purpose: "daemon" },
  { command: "incus", package: "incus-client", purpose: "daemon" },
  { command: "ip", package: "iproute2", purpose: "daemon" },
  { command: "nft", package: "nftables", purpose: "daemon" },
  { command: "dnsmasq", package: "dnsmasq-base", purpose: "daemon" },
  { command: "mkfs.btrfs", package: "btrfs-progs", purpose: "daemon" },
  { command: "slirp4netns", package: "slirp4netns", purpose: "daemon" },
  { command: "unsquashfs", package: "squashfs-tools", purpose: "daemon" },
  { command: "newuidmap", package: "uidmap", purpose: "daemon" },
  { command: "unshare", package: "util-linux", purpose: "daemon" },
  { command: "find", package: "findutils", purpose: "daemon" },
  { command: "mount", package: "mount", purpose: "daemon" },
  { command: "mmdebstrap", package: "mmdebstrap", purpose: "image" },
  { command: "mksquashfs", package: "squashfs-tools", purpose: "image" },
  { command: "unshare", package: "util-linux", purpose: "image" },
  { command: "mount", package: "mount", purpose: "image" },
];

/** The tools that this machine lacks. */
export function missingTools(): readonly Tool[];
export function missingTools<T extends PackagedCommand>(tools: readonly T[]): readonly T[];
export function missingTools(tools: readonly PackagedCommand[] = allTools): readonly PackagedCommand[] {
  return tools.filter((tool) => !isInstalled(tool));
}

/** Throws BACKEND_MISCONFIGURED naming every tool that is missing. */
export function requireTools(purpose: ToolPurpose): void {
  const missing = missingTools(allTools.filter((tool) => tool.purpose === purpose));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))].join(" ");
  throw new BackendMisconfiguredError(
    `missing on this machine: ${missing.map((tool) => tool.command).join(", ")}`,
    {
      next: `install the packages ${packages}`,
    },
  );
}

function isInstalled({ command }: PackagedCommand): boolean {
  return (command === "incusd" ? findIncusDaemon() : findCommand(command)) !== undefined;
}
