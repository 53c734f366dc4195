import { type CallOptions, PixelsError } from "@pixels/core";
import type { IncusApi, Network } from "@pixels/incus-backend/rest";
import { findFreeSubnet } from "../setup/free-subnet.ts";
import { readUsedSubnets } from "../setup/used-subnets.ts";
import type { CheckId, Finding } from "./finding.ts";
import { holesOf } from "./known-holes.ts";

export interface CheckServerOptions extends CallOptions {
  /** As the configuration names them. */
  readonly pool?: string;
  readonly network?: string;
  readonly image: string;
  readonly imageServer?: string;
  /** The server is on this machine. */
  readonly local: boolean;
  /** As the configuration names it. */
  readonly project?: string;
  /** Runs a call and translates what it rejects with to a `PixelsError`. */
  readonly call: <T>(work: (api: IncusApi) => Promise<T>) => Promise<T>;
}

const GIB = 2 ** 30;
const LITTLE_SPACE = 0.2;
/** A btrfs pool is full some 0.6 GiB before it says so (seen with one of 6 GiB), as it keeps room for its own. */
const NO_SPACE_BYTES = GIB;
const copyOnWrite = new Set(["btrfs", "zfs", "ceph"]);

/** Those that ask the server, after the one whether it answers. */
const afterwards: readonly CheckId[] = [
  "version",
  "pool",
  "storage",
  "space",
  "network",
  "filters",
  "kernel",
  "image",
];

export interface ServerReport {
  readonly findings: readonly Finding[];
  /** The one that new sandboxes are on, where there is one. */
  readonly bridge: string | undefined;
}

/** What the server itself can tell. Changes nothing. */
export async function checkServer(options: CheckServerOptions): Promise<ServerReport> {
  const { call, local, signal } = options;
  try {
    const server = await call((api) => api.server.get({ signal }));
    if (server.auth !== "trusted") return stop(notTrusted(), "the server does not let this user in");
    const { environment } = server;
    const ok: Finding = {
      id: "server",
      status: "ok",
      what: `Incus ${environment.server_version} answers and lets this user in`,
      checked: "GET /1.0",
    };
    const pool = await look(["pool", "storage", "space"], options, async () => ({
      findings: await checkPool(options),
      bridge: undefined,
    }));
    const network = await look(["network", "filters"], options, () =>
      checkNetwork(options, environment.firewall),
    );
    const image = await look(["image"], options, async () => ({
      findings: [await checkImage(options)],
      bridge: undefined,
    }));
    const findings = [
      ok,
      checkVersion(environment.server_version),
      ...pool.findings,
      ...network.findings,
      checkKernel(environment.kernel_features),
      ...image.findings,
    ];
    return { findings, bridge: network.bridge };
  } catch (error) {
    signal?.throwIfAborted();
    if (!PixelsError.is(error)) throw error;
    const failed: Finding = {
      id: "server",
      status: "problem",
      what: error.message,
      checked: "GET /1.0",
      mend:
        local && error.code === "BACKEND_UNAVAILABLE"
          ? "sudo pixels setup, which shows first what it would do"
          : (error.next ?? "look at the server's log"),
      code: error.code,
    };
    return stop(failed, "the server cannot be asked");
  }
}

/** What a client that is restricted to a project is not shown is unknown, not wrong. */
async function look(
  ids: readonly CheckId[],
  { signal }: CallOptions,
  check: () => Promise<ServerReport>,
): Promise<ServerReport> {
  try {
    return await check();
  } catch (error) {
    signal?.throwIfAborted();
    if (!PixelsError.is(error) || error.code === "BACKEND_UNAVAILABLE" || error.code === "CONNECTION_LOST")
      throw error;
    return { findings: ids.map((id) => unknown(id, error.message)), bridge: undefined };
  }
}

/** What gives a server that lacks a pool or a bridge one. */
function toMend({ local, project }: Pick<CheckServerOptions, "local" | "project">): string {
  if (project !== undefined)
    return "have the default profile of the project given a root disk and a bridge, or name them in [defaults] (pool, network)";
  return local
    ? "pixels setup"
    : "run pixels setup on the server's machine, or name them in [defaults] (pool, network)";
}

/** The first check fails, and with it all that ask the server. */
function stop(failed: Finding, why: string): ServerReport {
  return { findings: [failed, ...afterwards.map((id) => unknown(id, why))], bridge: undefined };
}

function unknown(id: CheckId, why: string): Finding {
  return { id, status: "unknown", what: `not looked at: ${why}`, checked: "not at all" };
}

function notTrusted(): Finding {
  return {
    id: "server",
    status: "problem",
    what: "the Incus server does not let this user in",
    checked: "GET /1.0",
    mend: "ask for access: docs/remote.md tells how",
    code: "BACKEND_UNAUTHORIZED",
  };
}

function checkVersion(version: string): Finding {
  const holes = holesOf(version);
  const finding = { id: "version", checked: `version ${version} against the list of known holes` } as const;
  if (holes.length === 0)
    return { ...finding, status: "ok", what: `Incus ${version} has no hole known here` };
  return {
    ...finding,
    status: "warning",
    what: `Incus ${version} as it was released has ${holes.join(", ")}`,
    mend: "update to Incus 7.0 or later, or see whether your distribution has mended this version; let nobody who is not trusted name images",
  };
}

async function checkPool(options: CheckServerOptions): Promise<readonly Finding[]> {
  const { call, pool: named, signal } = options;
  const { pools, profile } = await call(async (api) => ({
    pools: await api.storagePools.list({ signal }),
    profile: await api.profiles.get("default", { signal }),
  }));
  const disk = Object.values(profile.devices).find(
    (device) => device["type"] === "disk" && device["path"] === "/",
  );
  const name = named ?? disk?.["pool"];
  const pool = pools.find((one) => one.name === name);
  const checked = named === undefined ? "the root disk of the default profile" : "defaults.pool";
  if (pool === undefined)
    return [
      {
        id: "pool",
        status: "problem",
        what:
          name === undefined ? "the default profile has no root disk" : `there is no storage pool "${name}"`,
        checked,
        mend:
          named === undefined
            ? toMend(options)
            : `name one that is there in defaults.pool: ${listNames(pools)}`,
        code: "BACKEND_MISCONFIGURED",
      },
      unknown("storage", "there is no pool"),
      unknown("space", "there is no pool"),
    ];
  const space = await look(["space"], options, async () => ({
    findings: [await checkSpace(pool.name, options)],
    bridge: undefined,
  }));
  return [
    { id: "pool", status: "ok", what: `new sandboxes are in the pool "${pool.name}"`, checked },
    checkDriver(pool),
    ...space.findings,
  ];
}

function checkDriver({ name, driver }: { readonly name: string; readonly driver: string }): Finding {
  const finding = { id: "storage", checked: `the driver of the pool "${name}"` } as const;
  if (copyOnWrite.has(driver))
    return { ...finding, status: "ok", what: `${driver} makes checkpoints and clones at once` };
  return {
    ...finding,
    status: "warning",
    what: `checkpoints and clones in a pool of the kind "${driver}" are whole copies: slow and large`,
    mend: "make another pool and name it in defaults.pool: incus storage create fast btrfs size=50GiB",
  };
}

async function checkSpace(
  name: string,
  { call, signal }: Pick<CheckServerOptions, "call" | "signal">,
): Promise<Finding> {
  const finding = { id: "space", checked: `what the pool "${name}" says of its room` } as const;
  const { used, total } = await call((api) => api.storagePools.getSpace(name, { signal }));
  const free = total - used;
  const what = `${formatGib(free)} of ${formatGib(total)} are free`;
  const mend = `destroy sandboxes and checkpoints that nobody needs, or grow the pool: incus storage set ${name} size=<size>`;
  if (free < NO_SPACE_BYTES) return { ...finding, status: "problem", what, mend, code: "CAPACITY_EXHAUSTED" };
  return free < total * LITTLE_SPACE
    ? { ...finding, status: "warning", what, mend }
    : { ...finding, status: "ok", what };
}

async function checkNetwork(
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

/** By kernel feature: what is worse without it. */
const features: Readonly<Record<string, string>> = {
  idmapped_mounts: "a create rewrites the owner of every file, which takes seconds",
  unpriv_fscaps: "programs with capabilities, such as ping, do not work in sandboxes",
};

function checkKernel(there: Readonly<Record<string, string>>): Finding {
  const finding = { id: "kernel", checked: "the kernel features that the server says it has" } as const;
  const missing = Object.entries(features).filter(([feature]) => there[feature] !== "true");
  return missing.length === 0
    ? { ...finding, status: "ok", what: "the server's kernel has what sandboxes use" }
    : {
        ...finding,
        status: "warning",
        what: missing.map(([feature, worse]) => `without ${feature} ${worse}`).join("; "),
        mend: "update the server's kernel to 5.12 or later",
      };
}

async function checkImage({ call, image, imageServer, signal }: CheckServerOptions): Promise<Finding> {
  const finding = { id: "image", checked: `the server's names of images, for "${image}"` } as const;
  if (await call((api) => api.images.hasAlias(image, { signal })))
    return { ...finding, status: "ok", what: `the image "${image}" is on the server` };
  if (imageServer !== "none")
    return {
      ...finding,
      status: "ok",
      what: `the image "${image}" is not on the server; the first create has it downloaded`,
    };
  return {
    ...finding,
    status: "warning",
    what: `the image "${image}" of defaults.image is not on the server, and there is no image server`,
    mend: "build one and name it in defaults.image: pixels image build debian/12",
  };
}

function listNames(some: readonly { readonly name: string }[]): string {
  return some.map(({ name }) => name).join(", ") || "none";
}

function formatGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
