import { hasServiceManager, installCommands, readOsRelease } from "@pixels/incus-host";

/** What reaches a sandbox that was kept, and what removes it. */
export function howToKeepUsing(name: string, socketPath: string): string {
  const cli = `PIXELS_INCUS_SOCKET=${socketPath} node apps/cli/dist/bin.cjs`;
  return [
    "",
    `The sandbox "${name}" is left running. To use it:`,
    `  ${cli} exec ${name} -- cat /etc/os-release`,
    `  ${cli} list`,
    "To remove it, and the private daemon if there is one:",
    "  npm run quickstart -- --down",
  ].join("\n");
}

/** What turns a machine into a lasting host of sandboxes. */
export async function howToMakePermanent(embedded: boolean): Promise<string> {
  if (!embedded) return "\nEverything ran on the Incus that is here; pixels uses it from now on.";
  const { prettyName } = await readOsRelease();
  const lines = [
    "",
    "The daemon was a private one, gone with its sandboxes at the latest when this machine restarts. To make it permanent,",
    `install Incus as a service (${prettyName}), as root:`,
    ...(await installCommands(["incus-base", "incus-client", "dnsmasq-base"]))
      .split("\n")
      .map((line) => `  ${line}`),
    "  incus admin init --minimal",
    "  usermod --append --groups incus-admin YOUR-USER    (as good as root; log in again afterwards)",
  ];
  if (!hasServiceManager())
    lines.push("This machine has no systemd running, so the service needs another way to be started here.");
  return lines.join("\n");
}
