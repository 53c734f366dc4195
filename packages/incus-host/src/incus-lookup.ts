import { join } from "node:path";
import type { CallOptions } from "@pixels/core";
import { type IncusApi, IncusApiError, IncusConnectionError, openIncusApi } from "@pixels/incus-backend/rest";
import { findKeptIncus } from "./kept-incus.ts";

/** A socket that was tried and why it cannot be used. */
export interface RefusedIncus {
  readonly socketPath: string;
  /** No daemon answers; one does that does not let us in; or one that lacks what sandboxes need. */
  readonly kind: "absent" | "closed" | "incomplete";
  readonly reason: string;
  /** What an incomplete one lacks. */
  readonly lacks: readonly DaemonResource[];
}

/** What sandboxes need of a daemon. */
export type DaemonResource = "pool" | "network" | "profile";

export interface IncusLookup {
  /** The first socket that sandboxes can be made through, or undefined. */
  readonly found: { readonly socketPath: string; readonly version: string } | undefined;
  readonly refused: readonly RefusedIncus[];
}

export interface FindIncusOptions extends CallOptions {
  /** Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Where a daemon's socket may be, in the order in which to try: what the environment names, the usual places, a private daemon that was kept. */
export async function incusSocketPaths(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const folder = env["INCUS_DIR"];
  const kept = await findKeptIncus();
  const paths = [
    env["PIXELS_INCUS_SOCKET"],
    env["INCUS_SOCKET"],
    folder === undefined || folder === "" ? undefined : join(folder, "unix.socket"),
    "/run/incus/unix.socket",
    "/var/lib/incus/unix.socket",
    kept?.socketPath,
  ];
  return [...new Set(paths.filter((path) => path !== undefined).filter((path) => path !== ""))];
}

/** Looks for an Incus that answers, trusts us, and has storage and a network for sandboxes. Changes nothing. */
export async function findIncus(options: FindIncusOptions = {}): Promise<IncusLookup> {
  const { env = process.env, signal } = options;
  const refused: RefusedIncus[] = [];
  for (const socketPath of await incusSocketPaths(env)) {
    await using api = openIncusApi({ socketPath });
    try {
      const { auth, environment } = await api.server.get({ signal });
      if (auth !== "trusted") {
        refused.push({ socketPath, kind: "closed", reason: "it does not trust this user", lacks: [] });
        continue;
      }
      const shortcomings = await findShortcomings(api, { signal });
      if (shortcomings.length === 0)
        return { found: { socketPath, version: environment.server_version }, refused };
      refused.push({
        socketPath,
        kind: "incomplete",
        reason: shortcomings.map(({ reason }) => reason).join(" and "),
        lacks: [...new Set(shortcomings.map(({ resource }) => resource))],
      });
    } catch (error) {
      signal?.throwIfAborted();
      refused.push({
        socketPath,
        kind: isClosed(error) ? "closed" : "absent",
        reason: describeFailure(error),
        lacks: [],
      });
    }
  }
  return { found: undefined, refused };
}

interface Shortcoming {
  readonly resource: DaemonResource;
  readonly reason: string;
}

/** What a daemon lacks before sandboxes can be made in it. */
async function findShortcomings(api: IncusApi, options: CallOptions): Promise<readonly Shortcoming[]> {
  const [pools, networks, { devices }] = await Promise.all([
    api.storagePools.list(options),
    api.networks.list(options),
    api.profiles.get("default", options),
  ]);
  const missing: Shortcoming[] = [];
  if (pools.length === 0) missing.push({ resource: "pool", reason: "it has no storage pool" });
  const bridges = networks.filter(({ managed, type }) => managed && type === "bridge");
  if (bridges.length === 0) missing.push({ resource: "network", reason: "it has no managed bridge" });
  const all = Object.values(devices);
  if (!all.some((device) => device["type"] === "disk" && device["path"] === "/"))
    missing.push({ resource: "profile", reason: "its default profile has no root disk" });
  const network = all.find((device) => device["type"] === "nic")?.["network"];
  if (network === undefined)
    missing.push({ resource: "profile", reason: "its default profile has no managed network" });
  else if (!bridges.some(({ name }) => name === network))
    missing.push({ resource: "profile", reason: `its network "${network}" is not a managed bridge` });
  return missing;
}

function isClosed(error: unknown): boolean {
  return error instanceof IncusConnectionError && (error.errno === "EACCES" || error.errno === "EPERM");
}

function describeFailure(error: unknown): string {
  if (error instanceof IncusConnectionError) {
    switch (error.errno) {
      case "ENOENT":
        return "there is no such socket";
      case "EACCES":
      case "EPERM":
        return "this user may not use it";
      case "ECONNREFUSED":
        return "nothing listens on it";
      default:
        return error.errno;
    }
  }
  if (error instanceof IncusApiError) return error.serverMessage;
  return error instanceof Error ? error.message : String(error);
}
