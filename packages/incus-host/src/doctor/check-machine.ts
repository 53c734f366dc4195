import { areSufficient, chooseRange } from "../setup/id-ranges.ts";
import type { Finding } from "./finding.ts";
import type { ForwardChain, MachineFacts } from "./machine-facts.ts";

/** Controllers that the limits of a sandbox need. */
const neededControllers = ["memory", "pids", "cpu"];

/** What the machine of the server tells. `bridge`: the one that new sandboxes are on. */
export function checkMachine(facts: MachineFacts, bridge: string): readonly Finding[] {
  return [
    checkService(facts),
    checkIds(facts),
    checkControllers(facts),
    checkAppArmor(facts),
    checkForwarding(facts, bridge),
  ];
}

function checkService({ serviceManager, socketUnit }: MachineFacts): Finding {
  const finding = { id: "service", checked: "systemctl show incus.socket" } as const;
  if (!serviceManager)
    return {
      ...finding,
      status: "warning",
      what: "no systemd runs here, so nothing starts Incus again after a restart of this machine",
      checked: "/run/systemd/system",
      mend: "start incusd by what starts services here",
    };
  if (socketUnit === "enabled") return { ...finding, status: "ok", what: "Incus starts with this machine" };
  return {
    ...finding,
    status: "warning",
    what: `the unit incus.socket is ${socketUnit ?? "not there"}, so Incus does not start with this machine`,
    mend: "systemctl enable --now incus.socket incus-startup.service",
  };
}

function checkIds({ ids }: MachineFacts): Finding {
  const finding = { id: "ids", checked: ids.map(({ path }) => path).join(" and ") } as const;
  const lacking = ids.filter((one) => !areSufficient(one));
  if (lacking.length === 0) return { ...finding, status: "ok", what: "root has ids to give to each sandbox" };
  const mend = lacking.flatMap((one) => {
    const range = chooseRange(one);
    return range === undefined
      ? []
      : [`sed -i -E '/^(root|0):/d' ${one.path}; echo root:${range.start}:${range.count} >>${one.path}`];
  });
  return {
    ...finding,
    status: "problem",
    what: `root has too few ids to give to sandboxes, or some that this machine does not have, in ${lacking.map(({ path }) => path).join(" and ")}`,
    mend:
      mend.length === 0
        ? "give this machine, which is a container itself, more ids"
        : `${mend.join("; ")}; systemctl restart incus`,
    code: "BACKEND_MISCONFIGURED",
  };
}

function checkControllers({ controllers }: MachineFacts): Finding {
  const finding = {
    id: "controllers",
    checked: "/sys/fs/cgroup/cgroup.controllers and /proc/cgroups",
  } as const;
  const missing = neededControllers.filter((name) => !controllers.includes(name));
  return missing.length === 0
    ? { ...finding, status: "ok", what: "limits of memory, processors and processes work" }
    : {
        ...finding,
        status: "problem",
        what: `the kernel has the control groups ${missing.join(", ")} switched off, so limits do not hold`,
        mend: `start the kernel with ${missing.map((name) => `cgroup_enable=${name}`).join(" ")}`,
        code: "BACKEND_MISCONFIGURED",
      };
}

function checkAppArmor({ apparmor }: MachineFacts): Finding {
  const finding = { id: "apparmor", checked: "/sys/module/apparmor/parameters/enabled" } as const;
  return apparmor
    ? { ...finding, status: "ok", what: "AppArmor is on" }
    : {
        ...finding,
        status: "warning",
        what: "AppArmor is off, so there is one fence less around each sandbox",
        mend: "install apparmor, start the kernel with apparmor=1 security=apparmor, and restart Incus",
      };
}

function checkForwarding({ forwardChains }: MachineFacts, bridge: string): Finding {
  const finding = { id: "forwarding", checked: "nft list chains" } as const;
  if (forwardChains === undefined)
    return {
      ...finding,
      status: "unknown",
      what: "not looked at: the firewall's rules need root, and an nft that can read them",
      mend: "sudo pixels doctor",
    };
  const closed = forwardChains.filter((chain) => !letsThrough(chain, bridge));
  if (closed.length === 0)
    return { ...finding, status: "ok", what: "nothing here drops what sandboxes send and receive" };
  const [first] = closed;
  // Docker asks for rules of others to be put there, and keeps them
  const place = (chain: (typeof closed)[number]): string =>
    `${chain.family} ${chain.table} ${chain.rules.includes("chain DOCKER-USER") ? "DOCKER-USER" : chain.chain}`;
  return {
    ...finding,
    status: "problem",
    what: `the chain ${first?.family} ${first?.table} ${first?.chain} drops what sandboxes send and receive`,
    mend: closed
      .flatMap((chain) =>
        ["iifname", "oifname"].map((side) => `nft insert rule ${place(chain)} ${side} ${bridge} accept`),
      )
      .join("; "),
    code: "BACKEND_MISCONFIGURED",
  };
}

/** Both ways, without conditions, in the chain itself or in one that it jumps to. */
function letsThrough({ chain, rules }: ForwardChain, bridge: string): boolean {
  const lines = readChain(rules, chain, new Set());
  const name = bridge.replaceAll(/\W/g, String.raw`\$&`);
  return ["iifname", "oifname"].every((side) =>
    lines.some((line) =>
      new RegExp(`^${side} "${name}" (?:counter (?:packets \\d+ bytes \\d+ )?)?accept\\b`).test(line),
    ),
  );
}

/** The rules of a chain and of those it jumps to. */
function readChain(table: string, name: string, seen: Set<string>): readonly string[] {
  if (seen.has(name)) return [];
  seen.add(name);
  const lines = table.split("\n").map((line) => line.trim());
  const start = lines.indexOf(`chain ${name} {`);
  if (start < 0) return [];
  const own = lines.slice(start + 1, lines.indexOf("}", start));
  return own.flatMap((line) => {
    const target = /(?:^| )(?:jump|goto) (\S+)$/.exec(line)?.[1];
    return target === undefined ? [line] : readChain(table, target, seen);
  });
}
