import { existsSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { release, userInfo } from "node:os";
import type { CallOptions } from "@pixels/core";
import { findUnavailablePackages } from "../apt-policy.ts";
import { findCommand } from "../find-command.ts";
import { findIncus, type FindIncusOptions, type IncusLookup } from "../incus-lookup.ts";
import { findBackports } from "../install-tools.ts";
import { type OsRelease, readOsRelease } from "../os-release.ts";
import { hasServiceManager } from "../service-manager.ts";
import { isRoot } from "../require-root.ts";
import { askProgram } from "../run-program.ts";
import { allTools, missingTools } from "../tools.ts";
import { type IdRanges, readIdRanges } from "./id-ranges.ts";
import { readUsedSubnets } from "./used-subnets.ts";

/** What decides how this machine becomes a host of sandboxes. Plain data. */
export interface HostFacts {
  readonly root: boolean;
  /** Who is to use Incus without being root; undefined where root alone is. */
  readonly user: { readonly name: string; readonly mayUseIncus: boolean } | undefined;
  readonly osRelease: OsRelease;
  readonly hasApt: boolean;
  /** Whether systemd runs here, so that Incus can be a service. */
  readonly serviceManager: boolean;
  /** Packages of the service that are not installed. */
  readonly missingPackages: readonly string[];
  /** A package source to add (deb822), where the sources of this machine lack Incus. */
  readonly backports: { readonly suite: string; readonly text: string } | undefined;
  readonly ids: readonly IdRanges[];
  readonly incus: IncusLookup;
  /** Whether btrfs can be had in a file. */
  readonly loopBtrfs: boolean;
  /** Free bytes where the daemon keeps its state. */
  readonly freeBytes: number;
  /** Addresses and routes that a bridge must not take, as "A.B.C.D/n". */
  readonly usedSubnets: readonly string[];
}

/** Packages of Incus as a service, and of the storage it is given. */
const servicePackages = new Set(["incus-base", "incus-client", "dnsmasq-base", "btrfs-progs"]);

/** Looks at this machine. Changes nothing and needs no rights. */
export async function readHostFacts(options: FindIncusOptions = {}): Promise<HostFacts> {
  const { env = process.env, signal } = options;
  const missing = missingTools(allTools.filter((tool) => servicePackages.has(tool.package)));
  const missingPackages = [...new Set(missing.map((tool) => tool.package))];
  const hasApt = findCommand("apt-get") !== undefined;
  const [osRelease, incus, backports, ids, loopBtrfs, free, usedSubnets] = await Promise.all([
    readOsRelease(),
    findIncus(options),
    hasApt ? findNeededSource(missingPackages, { signal }) : undefined,
    Promise.all([readIdRanges("uid"), readIdRanges("gid")]),
    canLoopBtrfs(),
    statfs("/var/lib"),
    readUsedSubnets({ signal }),
  ]);
  return {
    root: isRoot(),
    user: await findUser(env, { signal }),
    osRelease,
    hasApt,
    serviceManager: hasServiceManager(),
    missingPackages,
    backports,
    ids,
    incus,
    loopBtrfs,
    freeBytes: free.bavail * free.bsize,
    usedSubnets,
  };
}

/** Who has called root by sudo, else who runs this. */
async function findUser(env: NodeJS.ProcessEnv, options: CallOptions): Promise<HostFacts["user"]> {
  const name = isRoot() ? env["SUDO_USER"] : userInfo().username;
  if (name === undefined || name === "" || name === "root") return undefined;
  const groups = await askProgram("id", ["-nG", "--", name], options);
  return { name, mayUseIncus: groups?.trim().split(" ").includes("incus-admin") === true };
}

async function findNeededSource(
  packages: readonly string[],
  options: CallOptions,
): Promise<HostFacts["backports"]> {
  if (!packages.includes("incus-base")) return undefined;
  const unavailable = await findUnavailablePackages(["incus-base"], options);
  return unavailable.length === 0 ? undefined : await findBackports(unavailable).catch(() => undefined);
}

async function canLoopBtrfs(): Promise<boolean> {
  if (!existsSync("/dev/loop-control") && !(await hasModule("loop"))) return false;
  const filesystems = await readFile("/proc/filesystems", "utf8").catch(() => "");
  return /\bbtrfs$/m.test(filesystems) || (await hasModule("btrfs"));
}

/** A container has no modules to load. */
async function hasModule(name: string): Promise<boolean> {
  if (existsSync("/run/systemd/container")) return false;
  const known = await readFile(`/lib/modules/${release()}/modules.dep`, "utf8").catch(() => "");
  return known.includes(`/${name}.ko`);
}
