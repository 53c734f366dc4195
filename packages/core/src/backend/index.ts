export { fromInstanceName, INSTANCE_PREFIX, RESERVED_SNAPSHOT_PREFIX, toInstanceName } from "../names.ts";
export type {
  BackendCapabilities,
  BackendEgress,
  BackendExec,
  BackendFiles,
  BackendInstances,
  BackendJobs,
  BackendSnapshots,
  BackendWriteOptions,
  InstanceEvent,
  InstanceSource,
  InstanceSpec,
  ProcessChannel,
  ProcessSpec,
  SandboxBackend,
} from "./backend.ts";
export { toExitStatus } from "./exit-status.ts";
export { type JobSpec, planJob, planJobLauncher, planRemoveJob, planSettleJob } from "./jobs.ts";
export { abortable } from "../internal/abortable.ts";
export { startTimer } from "../internal/start-timer.ts";
export { forEachVariable } from "./launcher-scripts.ts";
export { LaunchGate } from "./launch-gate.ts";
export {
  type LaunchPlan,
  type LaunchSpec,
  planCommand,
  planLaunch,
  planLauncher,
  planSignal,
} from "./launcher.ts";
export {
  currentOwner,
  formatOwner,
  getOwnerLiveness,
  type Owner,
  type OwnerLiveness,
  parseOwner,
} from "./owner.ts";
export { planTerminalCommand, planTerminalLauncher, TERMINAL_GO } from "./terminal-launcher.ts";
export { parseBody } from "./parse-body.ts";
export { poll, type PollOptions } from "./poll.ts";
export { quoteForShell } from "./quote.ts";
export {
  unsupported,
  unsupportedEgress,
  unsupportedFiles,
  unsupportedIterable,
  unsupportedJobs,
  unsupportedSnapshots,
} from "./unsupported.ts";
