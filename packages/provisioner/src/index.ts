export { createPreparer, type CreatePreparerOptions } from "./preparer.ts";
export { type Provisioning, type ProvisionStep, type StepState, summarize } from "./provisioning.ts";
export { readProvisioning } from "./read-provisioning.ts";
export { type PreparerOptions } from "./settings.ts";
export { waitForProvisioning } from "./wait-for-provisioning.ts";
export { installDetachCommand } from "./sessions/detach-command.ts";
export {
  type EnsurePlan,
  parseEnsured,
  parseSessions,
  planAttachSession,
  planEnsureSession,
  planListSessions,
} from "./sessions/plan-session.ts";
export type { SessionInfo, SessionKeeper, SessionState } from "./sessions/session-info.ts";
export { DEFAULT_SESSION, parseSessionName, type SessionName } from "./sessions/session-name.ts";
export {
  ensureSession,
  type EnsureSessionOptions,
  listSessions,
  type SessionAccountOptions,
} from "./sessions/sessions.ts";
export { formatZmxInstall } from "./sessions/install-zmx.ts";
export { type ZmxRelease, zmxRelease } from "./sessions/zmx-release.ts";
