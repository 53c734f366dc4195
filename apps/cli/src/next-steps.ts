import type { PixelsErrorCode } from "@pixels/core";

/** What to do about an error that does not say so itself; docs/errors.md repeats them. */
export const nextSteps: Readonly<Record<PixelsErrorCode, string>> = {
  INVALID_ARGUMENT: "correct it; --help after the command shows what it takes",
  CONFIG_INVALID: "correct the configuration; docs/configuration.md explains every key",
  SANDBOX_NOT_FOUND: "see which there are with: pixels list",
  SANDBOX_ALREADY_EXISTS: "choose another name, or remove that one with: pixels destroy <name>",
  SANDBOX_NOT_RUNNING: "start it with: pixels start <name>",
  SANDBOX_BUSY: "try again in a moment",
  SANDBOX_NOT_READY: "try again in a moment, or stop and start the sandbox",
  IMAGE_NOT_FOUND:
    "name one that the server or its image server has with --image or in defaults.image, or build one with: pixels image build",
  WORKING_DIRECTORY_NOT_FOUND: "make the directory first, or name another with --cwd",
  ACCOUNT_NOT_FOUND: "run the command with --root",
  FILE_NOT_FOUND: "look at the path; its parent directories have to be there too",
  FILE_REFUSED: "name another path, or remove what is there first",
  SNAPSHOT_NOT_FOUND: "see which there are with: pixels checkpoint list <name>",
  SNAPSHOT_ALREADY_EXISTS: "choose another label, or delete that one first",
  JOB_NOT_FOUND: "list the jobs that there are",
  ARGUMENT_TOO_LONG: "send the data by stdin or in a file",
  COMMAND_FAILED: "read what the command wrote",
  CONNECTION_LOST: "check that the server runs, then run the command again",
  TIMEOUT: "allow more time, or look at what holds it up",
  CONFLICT: "look at the sandbox again, then decide anew",
  CAPABILITY_UNSUPPORTED: "leave that out, or use a backend that can do it",
  CAPACITY_EXHAUSTED: "remove sandboxes that nobody needs with: pixels destroy <name>",
  BACKEND_UNAVAILABLE: "check that the server runs and that incus.socket or incus.remote names it",
  BACKEND_UNAUTHORIZED: "ask the server's administrator for access",
  BACKEND_MISCONFIGURED: "give the server a storage pool and a network, or name them in [defaults]",
  BACKEND_PROTOCOL: "check that the server's version is supported, and report this with the output of -v",
  BACKEND_FAILED: "read the server's log",
};
