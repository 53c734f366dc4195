import * as core from "@pixels/core";
import * as backend from "@pixels/core/backend";
import * as testing from "@pixels/core/testing";
import { expect, test } from "vitest";

// A pin: whoever changes what the package offers changes it here too, on purpose.

test("@pixels/core offers these names", () => {
  expect(Object.keys(core).toSorted()).toEqual([
    "AccountNotFoundError",
    "ArgumentTooLongError",
    "BackendFailedError",
    "BackendMisconfiguredError",
    "BackendProtocolError",
    "BackendUnauthorizedError",
    "BackendUnavailableError",
    "CapabilityUnsupportedError",
    "CapacityExhaustedError",
    "CommandFailedError",
    "ConfigInvalidError",
    "ConflictError",
    "ConnectionLostError",
    "FileNotFoundError",
    "FileRefusedError",
    "ImageNotFoundError",
    "InvalidArgumentError",
    "JobNotFoundError",
    "MAX_ARGUMENT_BYTES",
    "PixelsError",
    "SandboxAlreadyExistsError",
    "SandboxBusyError",
    "SandboxNotFoundError",
    "SandboxNotReadyError",
    "SandboxNotRunningError",
    "SnapshotAlreadyExistsError",
    "SnapshotNotFoundError",
    "TimeoutError",
    "WorkingDirectoryNotFoundError",
    "createSandboxClient",
    "expectSuccess",
    "parseDuration",
    "parseSandboxName",
    "parseSize",
    "parseSnapshotName",
    "pixelsErrorCodes",
    "processSignals",
    "shell",
  ]);
});

test("@pixels/core/backend offers these names", () => {
  expect(Object.keys(backend).toSorted()).toEqual([
    "INSTANCE_PREFIX",
    "LaunchGate",
    "RESERVED_SNAPSHOT_PREFIX",
    "TERMINAL_GO",
    "abortable",
    "currentOwner",
    "forEachVariable",
    "formatOwner",
    "fromInstanceName",
    "getOwnerLiveness",
    "parseBody",
    "parseOwner",
    "planCommand",
    "planJob",
    "planJobLauncher",
    "planLaunch",
    "planLauncher",
    "planRemoveJob",
    "planSettleJob",
    "planSignal",
    "planTerminalCommand",
    "planTerminalLauncher",
    "poll",
    "quoteForShell",
    "startTimer",
    "toExitStatus",
    "toInstanceName",
    "unsupported",
    "unsupportedEgress",
    "unsupportedFiles",
    "unsupportedIterable",
    "unsupportedJobs",
    "unsupportedSnapshots",
  ]);
});

test("@pixels/core/testing offers these names", () => {
  expect(Object.keys(testing).toSorted()).toEqual([
    "describeBackend",
    "memoryBackend",
    "memoryCapabilities",
    "requirements",
  ]);
});

test("these are the codes of errors", () => {
  expect(core.pixelsErrorCodes).toEqual([
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
  ]);
});

test("every error class has a code of its own, and every code a class", () => {
  const codes = Object.values(core)
    .filter((value) => typeof value === "function" && value.prototype instanceof core.PixelsError)
    .map(
      (errorClass) =>
        new (errorClass as new (message: string, options: object) => core.PixelsError)("message", {}).code,
    );
  expect(codes.toSorted()).toEqual([...core.pixelsErrorCodes].toSorted());
});
