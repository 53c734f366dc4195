import { BackendMisconfiguredError, type WaitOptions } from "@pixels/core";
import { findUnavailablePackages } from "./apt-policy.ts";
import { findSuite, formatDeb822Source, readAptSources } from "./apt-sources.ts";
import { findCommand } from "./find-command.ts";
import { addSourceScript, installScript, updateScript } from "./install-scripts.ts";
import { readOsRelease } from "./os-release.ts";
import { requireRoot } from "./require-root.ts";
import { runScript, type Script } from "./run-script.ts";
import { allTools, missingTools, type PackagedCommand } from "./tools.ts";

export interface InstallToolsOptions extends WaitOptions {
  /** Default: everything that this package runs. */
  readonly tools?: readonly PackagedCommand[];
}

const SOURCE_NAME = "pixels-backports.sources";

/**
 * Installs Incus and the tools that this package runs, where they are missing, from the distribution; Incus from its backports where
 * the release itself lacks it. Starts no daemon. Rejects with BACKEND_UNAUTHORIZED where that needs root (`next` has the commands),
 * BACKEND_MISCONFIGURED where the distribution has no Incus, BACKEND_FAILED with the package manager's words.
 */
export async function installTools(options: InstallToolsOptions = {}): Promise<void> {
  const { tools = allTools, signal, onProgress } = options;
  const packages = missingPackages(tools);
  if (packages.length === 0) return;
  if (findCommand("apt-get") === undefined)
    throw new BackendMisconfiguredError(`missing on this machine, which has no apt: ${packages.join(", ")}`, {
      next: "install them with your distribution's package manager",
    });
  requireRoot(
    `missing on this machine: ${packages.join(", ")}`,
    `run as root:\n${await installCommands(packages)}`,
  );

  const run = async (script: Script) => {
    await runScript(script, { signal, env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } });
  };
  const update = async () => {
    onProgress?.("reading the package lists");
    await run({ name: "apt-get update", text: updateScript });
  };
  let unavailable = await findUnavailablePackages(packages, { signal });
  if (unavailable.length > 0) {
    await update();
    unavailable = await findUnavailablePackages(packages, { signal });
  }
  if (unavailable.length > 0) {
    const source = await findBackports(unavailable);
    onProgress?.(`adding ${source.suite} to the package sources, for ${unavailable.join(", ")}`);
    await run({ name: "add-source", text: addSourceScript, args: [SOURCE_NAME, source.text] });
    await update();
  }
  onProgress?.(`installing ${packages.join(" ")}`);
  await run({ name: "apt-get install", text: installScript, args: packages });
  const still = missingPackages(tools);
  if (still.length > 0)
    throw new BackendMisconfiguredError(`installed, but still not found: ${still.join(", ")}`, {
      next: "see whether these packages are whole: dpkg --verify",
    });
}

/** What an administrator would type to install these packages. */
async function installCommands(packages: readonly string[]): Promise<string> {
  const commands = ["apt-get update", `apt-get install --no-install-recommends ${packages.join(" ")}`];
  const unavailable = await findUnavailablePackages(packages).catch((): readonly string[] => []);
  if (unavailable.includes("incus-base")) {
    const source = await findBackports(unavailable).catch(() => undefined);
    if (source !== undefined)
      commands.unshift(`cat >/etc/apt/sources.list.d/${SOURCE_NAME} <<'EOF'\n${source.text}EOF`);
  }
  return commands.join("\n");
}

function missingPackages(tools: readonly PackagedCommand[]): readonly string[] {
  return [...new Set(missingTools(tools).map((tool) => tool.package))];
}

/** The backports suite of this release on the mirror, and with the key, that the machine already uses. */
export async function findBackports(
  packages: readonly string[],
): Promise<{ readonly suite: string; readonly text: string }> {
  const { id, codename, prettyName } = await readOsRelease();
  const source = codename === undefined ? undefined : findSuite(await readAptSources(), codename);
  if (id !== "debian" || source === undefined)
    throw new BackendMisconfiguredError(`${prettyName} has no package ${packages.join(", ")}`, {
      next: "see https://linuxcontainers.org/incus/docs/main/installing/ for this distribution",
    });
  const suite = `${codename}-backports`;
  return { suite, text: formatDeb822Source({ ...source, suites: [suite] }) };
}
