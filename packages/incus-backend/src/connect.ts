import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { BackendUnauthorizedError, BackendUnavailableError } from "@pixels/core";
import { translating } from "./errors.ts";
import type { IncusBackendOptions } from "./options.ts";
import { planRemote } from "./remote.ts";
import { type IncusApi, openIncusApi } from "./rest/api.ts";

interface Candidate {
  readonly path: string;
  /** Who names this place. */
  readonly origin: string;
  /** Somebody asked for this one: it is taken or refused, never passed over. */
  readonly explicit: boolean;
}

const INSTALL = "install Incus and start it, or name its socket with PIXELS_INCUS_SOCKET";

/** The daemon that the options name. Throws INVALID_ARGUMENT where they name none, or two. */
export function openApi(options: IncusBackendOptions): IncusApi {
  const remote = planRemote(options);
  const { project } = options;
  return remote === undefined
    ? openIncusApi({ socketPath: () => findSocket(options), project })
    : openIncusApi({ remote, project });
}

/**
 * Works with the server itself, rather than with sandboxes on it, and closes the connection afterwards. Options as for `incusBackend`. What the
 * server refuses, or a lost connection, rejects with the `PixelsError` for it.
 */
export async function useIncus<T>(
  options: IncusBackendOptions,
  work: (api: IncusApi) => Promise<T>,
): Promise<T> {
  await using api = openApi(options);
  return await translating({}, () => work(api));
}

/** The daemon's socket. Throws BACKEND_UNAVAILABLE or BACKEND_UNAUTHORIZED with every place that was tried and why it was refused. */
function findSocket({ socket, environment = process.env }: IncusBackendOptions): string {
  const refusals: string[] = [];
  let closed = false;
  for (const { path, origin, explicit } of listCandidates(socket, environment)) {
    const refusal = checkSocket(path);
    if (refusal === undefined) return path;
    refusals.push(`${path} (${origin}): ${refusal.reason}`);
    closed ||= refusal.closed;
    if (explicit) break;
  }
  const tried = refusals.join("; ");
  if (closed)
    throw new BackendUnauthorizedError(`no permission to use the Incus socket: ${tried}`, {
      next: "have root run: usermod -aG incus-admin $USER, then log in again",
    });
  throw new BackendUnavailableError(`there is no Incus daemon here: ${tried}`, { next: INSTALL });
}

function listCandidates(
  socket: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Candidate[] {
  const { INCUS_SOCKET, INCUS_DIR } = environment;
  const candidates: Candidate[] = [];
  if (socket) candidates.push({ path: socket, origin: "incus.socket", explicit: true });
  if (INCUS_SOCKET) candidates.push({ path: INCUS_SOCKET, origin: "INCUS_SOCKET", explicit: true });
  if (INCUS_DIR)
    candidates.push({ path: join(INCUS_DIR, "unix.socket"), origin: "INCUS_DIR", explicit: true });
  for (const path of ["/run/incus/unix.socket", "/var/lib/incus/unix.socket"])
    candidates.push({ path, origin: "a usual place", explicit: false });
  return candidates;
}

/** Undefined for a socket that we may open; whether anybody listens shows at the first request. */
function checkSocket(path: string): { readonly reason: string; readonly closed: boolean } | undefined {
  try {
    // a plain stat of a socket leaves its kind behind where Node.js 20 looks next when it resolves a symlink of a package to import
    if (!statSync(path, { bigint: true }).isSocket()) return { reason: "not a socket", closed: false };
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EPERM") return { reason: "permission denied", closed: true };
    return { reason: code === "ENOENT" ? "not there" : String(code), closed: false };
  }
}
