export {
  createSandboxClient,
  type ListOptions,
  type SandboxClient,
  type SandboxClientOptions,
} from "./client.ts";
export { type Command, MAX_ARGUMENT_BYTES, shell } from "./command.ts";
export type {
  EgressAttempt,
  EgressLogOptions,
  EgressPolicy,
  EgressRule,
  EgressState,
  SandboxEgress,
} from "./egress.ts";
export {
  AccountNotFoundError,
  ArgumentTooLongError,
  BackendFailedError,
  BackendMisconfiguredError,
  BackendProtocolError,
  BackendUnauthorizedError,
  BackendUnavailableError,
  CapabilityUnsupportedError,
  CapacityExhaustedError,
  ConfigInvalidError,
  ConflictError,
  ConnectionLostError,
  type ErrorContext,
  FileNotFoundError,
  FileRefusedError,
  ImageNotFoundError,
  InvalidArgumentError,
  JobNotFoundError,
  PixelsError,
  type PixelsErrorCode,
  pixelsErrorCodes,
  type PixelsErrorOptions,
  SandboxAlreadyExistsError,
  SandboxBusyError,
  SandboxNotFoundError,
  SandboxNotReadyError,
  SandboxNotRunningError,
  SnapshotAlreadyExistsError,
  SnapshotNotFoundError,
  WorkingDirectoryNotFoundError,
} from "./errors.ts";
export { CommandFailedError, expectSuccess, TimeoutError } from "./exec-errors.ts";
export type {
  ExecOptions,
  ExecResult,
  ExitStatus,
  OutputChunk,
  SandboxProcess,
  SpawnOptions,
  TerminalSize,
} from "./exec.ts";
export type {
  FileInfo,
  FileKind,
  FileOwner,
  ReadFileOptions,
  SandboxFiles,
  TransferOptions,
  TransferProgress,
  TransferResult,
  WriteFileOptions,
} from "./files.ts";
export type { JobInfo, JobOutput, JobState, ReadJobOptions, SandboxJobs, StartJobOptions } from "./jobs.ts";
export { parseSandboxName, parseSnapshotName, type SandboxName, type SnapshotName } from "./names.ts";
export type { Preparation, ProvisionOptions, SandboxPreparer } from "./prepare.ts";
export type { CallOptions, WaitOptions } from "./options.ts";
export { type ProcessSignal, processSignals } from "./process-signals.ts";
export type {
  AbandonedSandbox,
  CpuLimit,
  CreateSandboxRequest,
  LimitsChange,
  OwnedSandbox,
  Sandbox,
  SandboxChange,
  SandboxInfo,
  SandboxLimits,
  SandboxSource,
  SandboxStatus,
  SandboxUsage,
  StopOptions,
  UpdateOptions,
} from "./sandbox.ts";
export { parseDuration } from "./duration.ts";
export { parseSize } from "./size.ts";
export type { RestoreOptions, SandboxSnapshots, SnapshotInfo } from "./snapshots.ts";
