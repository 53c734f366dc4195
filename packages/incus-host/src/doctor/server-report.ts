import { type CallOptions, PixelsError } from "@pixels/core";
import type { IncusApi } from "@pixels/incus-backend/rest";
import type { CheckId, Finding } from "./finding.ts";

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

export interface ServerReport {
  readonly findings: readonly Finding[];
  /** The one that new sandboxes are on, where there is one. */
  readonly bridge: string | undefined;
}

/** What a client that is restricted to a project is not shown is unknown, not wrong. */
export async function look(
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
export function toMend({ local, project }: Pick<CheckServerOptions, "local" | "project">): string {
  if (project !== undefined)
    return "have the default profile of the project given a root disk and a bridge, or name them in [defaults] (pool, network)";
  return local
    ? "pixels setup"
    : "run pixels setup on the server's machine, or name them in [defaults] (pool, network)";
}

/** A check that could not be made. */
export function unknown(id: CheckId, why: string): Finding {
  return { id, status: "unknown", what: `not looked at: ${why}`, checked: "not at all" };
}

/** What there is to choose from, for people. */
export function listNames(some: readonly { readonly name: string }[]): string {
  return some.map(({ name }) => name).join(", ") || "none";
}
