import { quoteForShell } from "@pixels/core/backend";
import type { DaemonResource } from "../incus-lookup.ts";
import { bridgeName, poolName } from "../prepare-incus.ts";
import { findFreeSubnet } from "./free-subnet.ts";
import type { HostFacts } from "./host-facts.ts";
import { areSufficient, chooseRange } from "./id-ranges.ts";

/** One thing to do. */
export interface SetupStep {
  readonly id: "source" | "packages" | "ids" | "service" | "pool" | "network" | "profile" | "user";
  /** What it does, as a sentence without its full stop. */
  readonly what: string;
  /** A shell text, which changes nothing where it was done before. */
  readonly command: string;
  /** Only for root; else for whoever may use the daemon. */
  readonly needsRoot: boolean;
}

/** What makes this machine a host of sandboxes; no steps where it is one. */
export type SetupPlan =
  | { readonly possible: true; readonly steps: readonly SetupStep[] }
  /** Nothing can be done, and so nothing is. */
  | { readonly possible: false; readonly reason: string; readonly next: string };

const SOURCE_PATH = "/etc/apt/sources.list.d/pixels-backports.sources";
/** Whatever server and project the client of Incus is set to. */
const PROJECT = "--project default";
const GIB = 2 ** 30;
const SMALLEST_POOL_GIB = 5;

/** From what this machine has to what it lacks. Changes nothing. */
export function planSetup(facts: HostFacts): SetupPlan {
  const { incus, serviceManager, missingPackages, hasApt, osRelease } = facts;
  const isReady = incus.found !== undefined;
  // a daemon that answers needs no service, whoever started it
  const isClosed = !isReady && incus.refused.some(({ kind }) => kind === "closed");
  const isThere = isReady || isClosed || incus.refused.some(({ kind }) => kind === "incomplete");
  if (isClosed && facts.user?.mayUseIncus === true)
    return {
      possible: false,
      reason: `Incus runs here, and ${facts.user.name} is in the group incus-admin, but not in this login yet`,
      next: "log in again, or run: newgrp incus-admin",
    };
  if (!isThere && !serviceManager)
    return {
      possible: false,
      reason: "this machine has no systemd running, so Incus cannot be a service here",
      next: "set up a machine that has; or start incusd here yourself and run setup again",
    };
  if (missingPackages.length > 0 && !isThere && !hasApt)
    return {
      possible: false,
      reason: `${osRelease.prettyName} has no apt to install Incus with`,
      next: "install Incus as its documentation says for this distribution, then run setup again: https://linuxcontainers.org/incus/docs/main/installing/",
    };
  const ranges = facts.ids.map((ids) => ({ ids, range: chooseRange(ids) }));
  if (!isThere && ranges.some(({ range }) => range === undefined))
    return {
      possible: false,
      reason:
        "this machine is a container with too few user ids for sandboxes, which have 65,536 each of their own",
      next: "give it more ids, or set up the machine that it runs on",
    };
  const subnet = findFreeSubnet(facts.usedSubnets);
  if (!isReady && !isClosed && subnet === undefined)
    return {
      possible: false,
      reason: "this machine uses every private subnet that a bridge could have",
      next: "make a bridge yourself with: incus network create, and run setup again",
    };
  return {
    possible: true,
    steps: [
      ...(isThere ? [] : planService(facts)),
      // what a server lacks that does not let this user in shows once it does
      ...(isReady || isClosed ? [] : planResources(facts, subnet ?? "")),
      ...planUser(facts),
    ],
  };
}

function planService({ missingPackages, backports, ids }: HostFacts): readonly SetupStep[] {
  const steps: SetupStep[] = [];
  if (backports !== undefined)
    steps.push({
      id: "source",
      what: `Add ${backports.suite} to the package sources, where the release itself has no Incus`,
      command: `apt-get update
apt-cache show incus-base >/dev/null 2>&1 || cat >${SOURCE_PATH} <<'EOF'
${backports.text}EOF`,
      needsRoot: true,
    });
  for (const one of ids) {
    const range = chooseRange(one);
    if (areSufficient(one) || range === undefined) continue;
    const { path, root } = one;
    steps.push({
      id: "ids",
      what: `Give root a range of ids for sandboxes, in ${path}${root.length === 0 ? "" : ", in the place of one that does not do"}`,
      command: `sed -i -E '/^(root|0):/d' ${path} 2>/dev/null || true
echo root:${range.start}:${range.count} >>${path}`,
      needsRoot: true,
    });
  }
  if (missingPackages.length > 0)
    steps.push({
      id: "packages",
      what: `Install ${missingPackages.join(", ")} from the distribution`,
      command: `apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=600 ${missingPackages.join(" ")}`,
      needsRoot: true,
    });
  steps.push({
    id: "service",
    what: "Start Incus as a service, now and with every start of this machine",
    command: `systemctl enable --now incus.socket incus-startup.service
timeout 60 incus admin waitready`,
    needsRoot: true,
  });
  return steps;
}

function planResources({ loopBtrfs, freeBytes, incus }: HostFacts, subnet: string): readonly SetupStep[] {
  const gib = Math.max(SMALLEST_POOL_GIB, Math.floor(freeBytes / 2 / GIB));
  const pool = loopBtrfs
    ? {
        what: `Make a storage pool: btrfs in a file that grows up to ${gib} GiB, half of what is free`,
        driver: `btrfs size=${gib}GiB`,
      }
    : {
        what: "Make a storage pool: a plain folder, as btrfs cannot be had here (checkpoints and clones are whole copies)",
        driver: "dir",
      };
  // `create` reads settings from a stdin that is no terminal: from the rest of the script, where that is piped to a shell
  const steps: readonly (SetupStep & { readonly id: DaemonResource })[] = [
    {
      id: "pool",
      what: pool.what,
      command: `[ -n "$(incus storage list local: --format csv)" ] ||
  incus storage create local:${poolName} ${pool.driver} </dev/null`,
      needsRoot: false,
    },
    {
      id: "network",
      what: `Make a bridge with NAT for sandboxes, with the address ${subnet}`,
      command: `incus network list local: ${PROJECT} --format csv | grep -q ',bridge,YES,' ||
  incus network create local:${bridgeName} ${PROJECT} ipv4.address=${subnet} ipv4.nat=true ipv6.address=none </dev/null`,
      needsRoot: false,
    },
    {
      id: "profile",
      what: "Let the default profile use pool and bridge",
      command: `pool=$(incus storage list local: --format csv | head -n 1 | cut -d, -f1)
bridge=$(incus network list local: ${PROJECT} --format csv | grep ',bridge,YES,' | head -n 1 | cut -d, -f1)
incus profile device get local:default root pool ${PROJECT} >/dev/null 2>&1 ||
  incus profile device add local:default root disk ${PROJECT} path=/ "pool=$pool"
incus profile device get local:default eth0 network ${PROJECT} >/dev/null 2>&1 ||
  incus profile device add local:default eth0 nic ${PROJECT} name=eth0 "network=$bridge"`,
      needsRoot: false,
    },
  ];
  // of a daemon that cannot be asked nothing is known
  const lacks = incus.refused.find(({ kind }) => kind === "incomplete")?.lacks;
  return lacks === undefined ? steps : steps.filter(({ id }) => lacks.includes(id) || id === "profile");
}

/** Where the socket is open to them already, there is nothing to do. */
function planUser({ user, root, incus }: HostFacts): readonly SetupStep[] {
  if (user === undefined || user.mayUseIncus || (!root && incus.found !== undefined)) return [];
  return [
    {
      id: "user",
      what: `Let ${user.name} use Incus, which is as good as root on this machine`,
      command: `usermod --append --groups incus-admin -- ${quoteForShell(user.name)}`,
      needsRoot: true,
    },
  ];
}

/** A shell script that does what the plan says. */
export function formatSteps(steps: readonly SetupStep[]): string {
  return steps.map(({ what, command }, index) => `# ${index + 1}. ${what}.\n${command}\n`).join("\n");
}
