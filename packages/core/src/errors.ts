/** Every way in which pixels fails on purpose; docs/errors.md has a row for each. */
export const pixelsErrorCodes = [
  "INVALID_ARGUMENT",
  "CONFIG_INVALID",
  "SANDBOX_NOT_FOUND",
  "SANDBOX_ALREADY_EXISTS",
  "SANDBOX_NOT_RUNNING",
  "SANDBOX_BUSY",
  "SANDBOX_NOT_READY",
  "IMAGE_NOT_FOUND",
  "WORKING_DIRECTORY_NOT_FOUND",
  "ACCOUNT_NOT_FOUND",
  "FILE_NOT_FOUND",
  "FILE_REFUSED",
  "SNAPSHOT_NOT_FOUND",
  "SNAPSHOT_ALREADY_EXISTS",
  "JOB_NOT_FOUND",
  "ARGUMENT_TOO_LONG",
  "COMMAND_FAILED",
  "CONNECTION_LOST",
  "TIMEOUT",
  "CONFLICT",
  "CAPABILITY_UNSUPPORTED",
  "CAPACITY_EXHAUSTED",
  "BACKEND_UNAVAILABLE",
  "BACKEND_UNAUTHORIZED",
  "BACKEND_MISCONFIGURED",
  "BACKEND_PROTOCOL",
  "BACKEND_FAILED",
] as const;

export type PixelsErrorCode = (typeof pixelsErrorCodes)[number];

/** Facts about a failure, for logs; never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

export interface PixelsErrorOptions {
  readonly cause?: unknown;
  readonly context?: ErrorContext;
  /** What to do about it, as one sentence without a full stop. */
  readonly next?: string;
}

const brand: unique symbol = Symbol.for("pixels.error") as never;

/**
 * Base of every error that pixels throws on purpose. Decide by `code`, never by `message`. An aborted call rejects with its
 * signal's reason instead, untouched.
 */
export abstract class PixelsError extends Error {
  abstract readonly code: PixelsErrorCode;
  /** The same call may succeed later without anything else being changed. */
  readonly retryable: boolean = false;
  readonly context: ErrorContext;
  readonly next: string | undefined;
  readonly [brand] = true;

  constructor(message: string, options: PixelsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.context = options.context ?? {};
    this.next = options.next;
  }

  /** True also for an error of another copy of this package. */
  static is(value: unknown): value is PixelsError {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** A value that can never work: a bad name, size, duration, environment variable or combination of options. */
export class InvalidArgumentError extends PixelsError {
  readonly code = "INVALID_ARGUMENT";
}

/** The configuration cannot be used; `context` names file, key and what was expected. */
export class ConfigInvalidError extends PixelsError {
  readonly code = "CONFIG_INVALID";
}

export class SandboxNotFoundError extends PixelsError {
  readonly code = "SANDBOX_NOT_FOUND";
}

export class SandboxAlreadyExistsError extends PixelsError {
  readonly code = "SANDBOX_ALREADY_EXISTS";
}

export class SandboxNotRunningError extends PixelsError {
  readonly code = "SANDBOX_NOT_RUNNING";
}

/** Another operation holds the sandbox: it is being created, stopped or removed. */
export class SandboxBusyError extends PixelsError {
  readonly code = "SANDBOX_BUSY";
  override readonly retryable = true;
}

/** The sandbox is there but commands cannot run in it: its boot failed, it died, or it is out of processes. */
export class SandboxNotReadyError extends PixelsError {
  readonly code = "SANDBOX_NOT_READY";
  override readonly retryable = true;
}

export class ImageNotFoundError extends PixelsError {
  readonly code = "IMAGE_NOT_FOUND";
}

/** The command was not started: its working directory is missing or closed to the account. */
export class WorkingDirectoryNotFoundError extends PixelsError {
  readonly code = "WORKING_DIRECTORY_NOT_FOUND";
}

/** The command was not started: the account it should run as does not exist in the sandbox. */
export class AccountNotFoundError extends PixelsError {
  readonly code = "ACCOUNT_NOT_FOUND";
}

/** There is nothing at the path, or one of its directories is missing. */
export class FileNotFoundError extends PixelsError {
  readonly code = "FILE_NOT_FOUND";
}

/** What is at the path is of the wrong kind or closed: a directory where a file is wanted, something where there is to be nothing, no text. */
export class FileRefusedError extends PixelsError {
  readonly code = "FILE_REFUSED";
}

export class SnapshotNotFoundError extends PixelsError {
  readonly code = "SNAPSHOT_NOT_FOUND";
}

export class SnapshotAlreadyExistsError extends PixelsError {
  readonly code = "SNAPSHOT_ALREADY_EXISTS";
}

/** There is no such job, or it ended so long ago that it was cleared away. */
export class JobNotFoundError extends PixelsError {
  readonly code = "JOB_NOT_FOUND";
}

/** An argument or environment variable is longer than a kernel accepts; send it by stdin or as a file. */
export class ArgumentTooLongError extends PixelsError {
  readonly code = "ARGUMENT_TOO_LONG";
}

/**
 * The connection to a running command was cut, so its exit code is unknown. The command is ended inside the sandbox: at once, or where the server
 * itself was killed as soon as it is back and the client is still open. A job goes on; where its start was cut off and nobody can tell
 * whether it has begun, `context.job` is its id.
 */
export class ConnectionLostError extends PixelsError {
  readonly code = "CONNECTION_LOST";
}

/** Somebody else changed the sandbox since the revision that was named. */
export class ConflictError extends PixelsError {
  readonly code = "CONFLICT";
  override readonly retryable = true;
}

/** This backend, or this version of pixels, cannot do what was asked; nothing was changed. */
export class CapabilityUnsupportedError extends PixelsError {
  readonly code = "CAPABILITY_UNSUPPORTED";
}

/** No room left: storage, addresses or a quota. */
export class CapacityExhaustedError extends PixelsError {
  readonly code = "CAPACITY_EXHAUSTED";
}

/** The server does not answer. */
export class BackendUnavailableError extends PixelsError {
  readonly code = "BACKEND_UNAVAILABLE";
  override readonly retryable = true;
}

/** The server, or the socket it listens on, does not let this user in; or the server is not the one that was meant. */
export class BackendUnauthorizedError extends PixelsError {
  readonly code = "BACKEND_UNAUTHORIZED";
}

/** The server works but lacks what sandboxes need: a storage pool, a network; or a file that the connection needs cannot be used. */
export class BackendMisconfiguredError extends PixelsError {
  readonly code = "BACKEND_MISCONFIGURED";
}

/** The server answered something that its protocol does not allow; `message` has the path of the value. */
export class BackendProtocolError extends PixelsError {
  readonly code = "BACKEND_PROTOCOL";
}

/** The server refused or failed for a reason that has no code of its own; `message` repeats its words. */
export class BackendFailedError extends PixelsError {
  readonly code = "BACKEND_FAILED";
}
