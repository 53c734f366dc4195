import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CallOptions } from "@pixels/core";

/** Those of the packages that the package lists of this machine do not have; all of them before the lists were first read. */
export async function findUnavailablePackages(
  packages: readonly string[],
  { signal }: CallOptions = {},
): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("apt-cache", ["policy", ...packages], {
    env: { ...process.env, LC_ALL: "C" },
    signal,
  });
  const available = parseCandidates(stdout);
  return packages.filter((name) => !available.has(name));
}

/** Names of the packages that `apt-cache policy` has a candidate for. */
export function parseCandidates(policy: string): ReadonlySet<string> {
  const available = new Set<string>();
  let name = "";
  for (const line of policy.split("\n")) {
    const heading = /^(\S+):$/.exec(line);
    if (heading !== null) name = heading[1] ?? "";
    const candidate = /^ {2}Candidate: (.+)$/.exec(line);
    if (candidate !== null && candidate[1] !== "(none)") available.add(name);
  }
  return available;
}
