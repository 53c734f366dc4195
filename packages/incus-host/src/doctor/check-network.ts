import type { Network } from "@pixels/incus-backend/rest";
import { findFreeSubnet } from "../setup/free-subnet.ts";
import { readUsedSubnets } from "../setup/used-subnets.ts";
import type { Finding } from "./finding.ts";
import { type CheckServerOptions, listNames, type ServerReport, toMend, unknown } from "./server-report.ts";

/** The bridge of new sandboxes, and what filters their addresses. */
export async function checkNetwork(
  options: CheckServerOptions,
  firewall: string | undefined,
): Promise<ServerReport> {
  const { call, network: named, signal } = options;
  const { networks, profile } = await call(async (api) => ({
    networks: await api.networks.list({ signal }),
    profile: await api.profiles.get("default", { signal }),
  }));
  const bridges = networks.filter(({ managed, type }) => managed && type === "bridge");
  const ofProfile = Object.values(profile.devices).find((device) => device["type"] === "nic")?.["network"];
  const name = named ?? ofProfile ?? (bridges.length === 1 ? bridges[0]?.name : undefined);
  const bridge = bridges.find((one) => one.name === name);
  const checked = named === undefined ? "the default profile, and the managed bridges" : "defaults.network";
  const finding = { id: "network", checked } as const;
  if (bridge === undefined) {
    const missing: Finding = {
      ...finding,
      status: "problem",
      what: name === undefined ? "there is no managed bridge to choose" : `"${name}" is no managed bridge`,
      mend:
        bridges.length === 0
          ? toMend(options)
          : `name one that is there in defaults.network: ${listNames(bridges)}`,
      code: "BACKEND_MISCONFIGURED",
    };
    return { findings: [missing, unknown("filters", "there is no bridge")], bridge: undefined };
  }
  return {
    findings: [await checkBridge(bridge, finding, options), checkFilters(firewall)],
    bridge: bridge.name,
  };
}

async function checkBridge(
  { name, config }: Network,
  finding: Pick<Finding, "id" | "checked">,
  { local, signal }: Pick<CheckServerOptions, "local" | "signal">,
): Promise<Finding> {
  // a client that is restricted to a project is shown the bridge, but nothing of its settings
  if (Object.keys(config).length === 0)
    return unknown("network", `the server does not show the settings of the bridge "${name}" to this client`);
  const address = config["ipv4.address"] ?? "none";
  if (address === "none") {
    // "auto" fails after a minute and a half on some machines (Incus 6.0.4)
    const free = local ? findFreeSubnet(await readUsedSubnets({ signal })) : undefined;
    return {
      ...finding,
      status: "problem",
      what: `the bridge "${name}" has no IPv4 address, so sandboxes get none`,
      mend: `incus network set ${name} ipv4.address=${free ?? "auto"} ipv4.nat=true`,
      code: "BACKEND_MISCONFIGURED",
    };
  }
  if (config["ipv4.nat"] !== "true")
    return {
      ...finding,
      status: "warning",
      what: `the bridge "${name}" has no NAT, so sandboxes reach only what knows the way back`,
      mend: `incus network set ${name} ipv4.nat=true`,
    };
  return { ...finding, status: "ok", what: `new sandboxes are on the bridge "${name}", ${address}` };
}

function checkFilters(firewall: string | undefined): Finding {
  const finding = { id: "filters", checked: "the firewall that the server says it uses" } as const;
  return firewall === "nftables"
    ? { ...finding, status: "ok", what: "nftables keeps each sandbox to its own address" }
    : {
        ...finding,
        status: "warning",
        what: `the server uses ${firewall ?? "no firewall"}, whose filters of addresses need ebtables and its kernel modules`,
        mend: "install nftables on the server, remove rules of iptables-legacy, and restart Incus",
      };
}
