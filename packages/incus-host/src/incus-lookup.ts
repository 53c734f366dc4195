import { join } from "node:path";
import type { CallOptions } from "@pixels/core";
import { type IncusApi, IncusApiError, IncusConnectionError, openIncusApi } from "@pixels/incus-backend/rest";
import { findKeptIncus } from "./kept-incus.ts";

/** A socket that was tried and why it cannot be used. */
export interface RefusedIncus {
  readonly socketPath: string;
  readonly reason: string;
}

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
      const reason =
        auth === "trusted" ? await findShortcoming(api, { signal }) : "it does not trust this user";
      if (reason === undefined)
        return { found: { socketPath, version: environment.server_version }, refused };
      refused.push({ socketPath, reason });
    } catch (error) {
      signal?.throwIfAborted();
      refused.push({ socketPath, reason: describeFailure(error) });
    }
  }
  return { found: undefined, refused };
}

/** What a daemon lacks before sandboxes can be made in it. */
async function findShortcoming(api: IncusApi, options: CallOptions): Promise<string | undefined> {
  if ((await api.storagePools.list(options)).length === 0) return "it has no storage pool";
  const { devices } = await api.profiles.get("default", options);
  if (!Object.values(devices).some((device) => device["type"] === "disk" && device["path"] === "/"))
    return "its default profile has no root disk";
  const network = Object.values(devices).find((device) => device["type"] === "nic")?.["network"];
  if (network === undefined) return "its default profile has no managed network";
  const { managed, type } = await api.networks.get(network, options);
  return managed && type === "bridge" ? undefined : `its network "${network}" is not a managed bridge`;
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
