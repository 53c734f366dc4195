import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { runProgram } from "./program.ts";
import type { BareRest } from "./floor/rest.ts";

/** Where a run took place. */
export interface Machine {
  /** System, version, architecture and cores, such as "debian-12-x64-2cpu"; part of the results' file name. */
  readonly kind: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

/** What was measured. */
export interface Versions {
  readonly node: string;
  readonly incus: string;
  readonly storage: string;
  readonly kernel: string;
  /** The commit, with "+changes" where files differ from it; "unknown" outside a checkout. */
  readonly commit: string;
}

/** How busy the machine was: the kernel's averages over 1, 5 and 15 minutes. */
export type Load = readonly [number, number, number];

export function readLoad(): Load {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return [one, five, fifteen];
}

export async function readMachine(): Promise<Machine> {
  const cores = availableParallelism();
  const osRelease = await readFile("/etc/os-release", "utf8").catch(() => "");
  const read = (key: string): string | undefined =>
    new RegExp(`^${key}="?([a-z0-9.]+)`, "m").exec(osRelease)?.[1];
  return {
    kind: `${read("ID") ?? process.platform}-${read("VERSION_ID") ?? "rolling"}-${process.arch}-${cores}cpu`,
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cores,
    memoryBytes: totalmem(),
  };
}

interface Server {
  readonly environment: { readonly server_version: string; readonly storage: string };
}

export async function readVersions(rest: BareRest): Promise<Versions> {
  const { metadata } = await rest.request<Server>("GET", "/1.0");
  return {
    node: process.versions.node,
    incus: metadata.environment.server_version,
    storage: metadata.environment.storage,
    kernel: release(),
    commit: await readCommit(),
  };
}

async function readCommit(): Promise<string> {
  try {
    const commit = (await runGit("rev-parse", "--short=12", "HEAD")).trim();
    return (await runGit("status", "--porcelain")) === "" ? commit : `${commit}+changes`;
  } catch {
    return "unknown";
  }
}

async function runGit(...args: readonly string[]): Promise<string> {
  // whoever owns the checkout: it is only read
  const reading = ["-c", "safe.directory=*", "--no-optional-locks", "-C", import.meta.dirname];
  return await runProgram({ command: ["git", ...reading, ...args] });
}
