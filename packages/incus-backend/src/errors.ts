import {
  BackendFailedError,
  BackendMisconfiguredError,
  BackendUnauthorizedError,
  BackendUnavailableError,
  CapacityExhaustedError,
  ConflictError,
  ConnectionLostError,
  ImageNotFoundError,
  InvalidArgumentError,
  type PixelsError,
  type PixelsErrorOptions,
  SandboxAlreadyExistsError,
  SandboxBusyError,
  SandboxNotFoundError,
  SandboxNotReadyError,
  SandboxNotRunningError,
  SnapshotAlreadyExistsError,
  SnapshotNotFoundError,
} from "@pixels/core";
import { IncusApiError, IncusConnectionError } from "./rest/errors.ts";

/** What the failed call was about. */
export interface FailureContext {
  readonly sandbox?: string;
  readonly image?: string;
  /** The sandbox that is copied: what is not found is that one. */
  readonly source?: string;
  readonly snapshot?: string;
}

interface Row {
  readonly status?: number;
  readonly words: RegExp;
  readonly toError: (about: FailureContext, options: PixelsErrorOptions) => PixelsError;
}

const name = ({ sandbox }: FailureContext): string => JSON.stringify(sandbox ?? "?");
const owner = ({ source, sandbox }: FailureContext): string => JSON.stringify(source ?? sandbox ?? "?");
const snapshot = (about: FailureContext): string => JSON.stringify(about.snapshot ?? "?");

const toUnauthorized: Row["toError"] = (_about, options) =>
  new BackendUnauthorizedError("the Incus server does not trust this user, or not in this project", {
    next: "ask for access: on the server's machine by the group incus-admin, from elsewhere with: incus config trust add-certificate",
    ...options,
  });

/**
 * Incus tells most failures of an operation by its words alone, always with status 400 or 500. Read top down; every row has been
 * provoked on a real daemon (test/errors.test.ts).
 */
const table: readonly Row[] = [
  {
    words: /UNIQUE constraint failed: instances_snapshots/,
    toError: (about, o) =>
      new SnapshotAlreadyExistsError(
        `sandbox ${name(about)} has a checkpoint named ${snapshot(about)} already`,
        {
          next: "choose another name, or delete that one first",
          ...o,
        },
      ),
  },
  {
    words: /Instance_snapshot not found|Snapshot .* does not exist/,
    toError: (about, o) =>
      new SnapshotNotFoundError(
        `there is no checkpoint named ${snapshot(about)} in sandbox ${owner(about)}`,
        {
          next: "list them with: pixels checkpoint list",
          ...o,
        },
      ),
  },
  {
    words: /UNIQUE constraint failed: instances|already exists in the project|Instance .* already exists/,
    toError: (about, o) =>
      new SandboxAlreadyExistsError(`there is a sandbox named ${name(about)} already`, {
        next: "choose another name, or destroy that one first",
        ...o,
      }),
  },
  {
    // of another project, which shares the network
    words: /Instance DNS name .* already used on network/,
    toError: (about, o) =>
      new SandboxAlreadyExistsError(
        `another project has a sandbox named ${name(about)} on the same network`,
        { next: "choose another name, or give the project a network of its own", ...o },
      ),
  },
  {
    words: /Project not found|No such project/,
    toError: (_about, o) =>
      new BackendMisconfiguredError("the Incus server has no project of that name", {
        next: "name one that is there in incus.project, or have it made with: incus project create",
        ...o,
      }),
  },
  {
    words: /busy running a|matching non-reusable operation/,
    toError: (about, o) =>
      new SandboxBusyError(`sandbox ${name(about)} is busy with another operation`, {
        next: "try again in a moment",
        ...o,
      }),
  },
  {
    words: /Image not provided|Image .*not found|No matching image/,
    toError: (about, o) =>
      new ImageNotFoundError(`there is no image ${JSON.stringify(about.image ?? "?")} on this server`, {
        next: "list the images there are with: incus image list",
        ...o,
      }),
  },
  {
    words:
      /Storage pool not found|Network not found|Profile not found|Requested profile|No root device could be found/,
    toError: (_about, o) =>
      new BackendMisconfiguredError("the Incus server lacks a storage pool or network that was named", {
        next: "create it, or name another in [defaults] (pool, network)",
        ...o,
      }),
  },
  {
    words: /no space left on device|[Qq]uota exceeded|cannot allocate memory/,
    toError: (about, o) =>
      new CapacityExhaustedError(`no room is left for sandbox ${name(about)}`, {
        next: "destroy sandboxes that are no longer needed, or grow the storage pool",
        ...o,
      }),
  },
  {
    // of a change, while it runs
    words: /setting cgroup item for the container failed/,
    toError: (about, o) =>
      new CapacityExhaustedError(`sandbox ${name(about)} uses more than the new limit allows`, {
        next: "end processes in it, stop it first, or allow more",
        ...o,
      }),
  },
  {
    words: /argument list too long/,
    toError: (_about, o) => new InvalidArgumentError("the command is longer than the server takes", o),
  },
  {
    words: /is not running|isn't running|Instance is frozen/,
    toError: (about, o) =>
      new SandboxNotRunningError(`sandbox ${name(about)} is not running`, {
        next: about.sandbox === undefined ? "start it" : `start it with: pixels start ${about.sandbox}`,
        ...o,
      }),
  },
  {
    words: /Failed to retrieve PID|Invalid PID/,
    toError: (about, o) =>
      new SandboxNotReadyError(
        `sandbox ${name(about)} cannot start a command: it is stopping, died, or is out of processes`,
        {
          next: "try again, or stop and start it",
          ...o,
        },
      ),
  },
  {
    status: 412,
    words: /ETag/,
    toError: (about, o) => new ConflictError(`sandbox ${name(about)} was changed meanwhile`, o),
  },
  { status: 403, words: /./, toError: toUnauthorized },
  // so is a list refused, with 500
  { words: /does not have permission/, toError: toUnauthorized },
  {
    status: 404,
    words: /nstance|not found/,
    toError: (about, o) =>
      new SandboxNotFoundError(`there is no sandbox named ${owner(about)}`, {
        next: "list them with: pixels list",
        ...o,
      }),
  },
];

/** The error that callers see: an `IncusApiError` or `IncusConnectionError` becomes a `PixelsError`, everything else stays. */
export function translateError(error: unknown, about: FailureContext = {}): unknown {
  if (error instanceof IncusConnectionError) return translateConnectionError(error);
  if (!(error instanceof IncusApiError)) return error;
  const options: PixelsErrorOptions = { cause: error, context: { ...about, status: error.status } };
  const row = table.find(
    ({ status, words }) =>
      (status === undefined || status === error.status) && words.test(error.serverMessage),
  );
  return (
    row?.toError(about, options) ??
    new BackendFailedError(`Incus: ${error.serverMessage}`, { next: "look at the server's log", ...options })
  );
}

/** Runs the calls and translates what they reject with. */
export async function translating<T>(about: FailureContext, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw translateError(error, about);
  }
}

function translateConnectionError(error: IncusConnectionError): PixelsError {
  const options: PixelsErrorOptions = { cause: error, context: { errno: error.errno } };
  if (error.address !== undefined)
    return new BackendUnavailableError(
      `the Incus server at ${error.address} cannot be reached (${error.errno})`,
      { next: "check incus.remote, and that core.https_address is set on the server", ...options },
    );
  switch (error.errno) {
    case "EACCES":
    case "EPERM":
      return new BackendUnauthorizedError("no permission to use the Incus socket", {
        next: "have root run: usermod -aG incus-admin $USER, then log in again",
        ...options,
      });
    case "ECONNRESET":
    case "EPIPE":
      return new ConnectionLostError("the Incus daemon cut the connection", {
        next: "check that it is running, then try again",
        ...options,
      });
    default:
      return new BackendUnavailableError(`the Incus daemon does not answer (${error.errno})`, {
        next: "check that it is running: systemctl status incus",
        ...options,
      });
  }
}

/** True for an answer that the thing asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof IncusApiError && error.status === 404;
}
