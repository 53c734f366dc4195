import type { PixelsErrorCode } from "@pixels/core";

/** What every command but `exec` exits with, one number a code; docs/errors.md repeats them. */
export const exitCodes: Readonly<Record<PixelsErrorCode, number>> = {
  INVALID_ARGUMENT: 10,
  CONFIG_INVALID: 11,
  SANDBOX_NOT_FOUND: 12,
  SANDBOX_ALREADY_EXISTS: 13,
  SANDBOX_NOT_RUNNING: 14,
  SANDBOX_BUSY: 15,
  SANDBOX_NOT_READY: 16,
  IMAGE_NOT_FOUND: 17,
  WORKING_DIRECTORY_NOT_FOUND: 18,
  ACCOUNT_NOT_FOUND: 19,
  FILE_NOT_FOUND: 32,
  FILE_REFUSED: 33,
  SNAPSHOT_NOT_FOUND: 34,
  SNAPSHOT_ALREADY_EXISTS: 35,
  JOB_NOT_FOUND: 36,
  ARGUMENT_TOO_LONG: 20,
  COMMAND_FAILED: 21,
  CONNECTION_LOST: 22,
  TIMEOUT: 23,
  CONFLICT: 24,
  CAPABILITY_UNSUPPORTED: 25,
  CAPACITY_EXHAUSTED: 26,
  BACKEND_UNAVAILABLE: 27,
  BACKEND_UNAUTHORIZED: 28,
  BACKEND_MISCONFIGURED: 29,
  BACKEND_PROTOCOL: 30,
  BACKEND_FAILED: 31,
};

/** Failures that have no code of the library. */
export const EXIT_INTERNAL = 1;
export const EXIT_USAGE = 2;
/** The question was answered with no: nothing was done. */
export const EXIT_DECLINED = 1;

/** Nothing listens on the port in the sandbox, or the port on this machine cannot be listened on. */
export const EXIT_PORT_CLOSED = 40;
export const EXIT_PORT_UNAVAILABLE = 41;

/** `exec` keeps these for itself, as `timeout` and `docker exec` do: every other number is the remote command's. */
export const EXIT_EXEC_TIMEOUT = 124;
export const EXIT_EXEC_FAILED = 125;

/** A process that SIGPIPE ends: whoever read our output has gone. */
export const EXIT_OUTPUT_CLOSED = 141;
