import { hasServiceManager, readOsRelease } from "@pixels/incus-host";

const cli = "node apps/cli/dist/bin.cjs";

/** What reaches a sandbox that was kept, and what removes it. */
export function howToKeepUsing(name: string, socketPath: string): string {
  const here = `PIXELS_INCUS_SOCKET=${socketPath} ${cli}`;
  return [
    "",
    `The sandbox "${name}" is left running. To use it:`,
    `  ${here} exec ${name} -- cat /etc/os-release`,
    `  ${here} list`,
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
    "The daemon was a private one, gone with its sandboxes at the latest when this machine restarts. To make it permanent",
    `have Incus run as a service of this machine (${prettyName}):`,
    `  ${cli} setup --dry-run    # shows what would be done, as a script`,
    `  sudo ${cli} setup`,
  ];
  if (!hasServiceManager())
    lines.push(
      "This machine has no systemd running, so setup cannot do it here; start incusd by what starts services here.",
    );
  return lines.join("\n");
}
