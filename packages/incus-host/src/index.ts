export { type AptSource, parseDeb822Sources, parseOneLineSources, readAptSources } from "./apt-sources.ts";
export { buildImage, type BuildImageOptions, type BuiltImage, imageCacheFolder } from "./build-image.ts";
export { ensureImage, importImage, replaceImage } from "./import-image.ts";
export {
  type DaemonResource,
  findIncus,
  type FindIncusOptions,
  type IncusLookup,
  incusSocketPaths,
  type RefusedIncus,
} from "./incus-lookup.ts";
export { installTools, type InstallToolsOptions } from "./install-tools.ts";
export { joinRemote, type JoinedRemote, type JoinRemoteOptions } from "./join-remote.ts";
export { endKeptIncus, findKeptIncus, keepIncus } from "./kept-incus.ts";
export { type OsRelease, readOsRelease } from "./os-release.ts";
export {
  type PrivateIncus,
  type PrivateIncusInfo,
  type PrivateIncusOptions,
  startPrivateIncus,
  stopPrivateIncus,
  sweepPrivateIncus,
} from "./private-incus.ts";
export type { ProcessId } from "./process-id.ts";
export { endIncusd, startIncusd } from "./restart-incus.ts";
export { isRoot } from "./require-root.ts";
export { getImageRecipe } from "./image-recipe.ts";
export { checkMachine } from "./doctor/check-machine.ts";
export { checkServer } from "./doctor/check-server.ts";
export { type CheckId, checks, type Finding } from "./doctor/finding.ts";
export { type ForwardChain, type MachineFacts, readMachineFacts } from "./doctor/machine-facts.ts";
export type { CheckServerOptions, ServerReport } from "./doctor/server-report.ts";
export { hasServiceManager } from "./service-manager.ts";
export { applySetup, type ApplySetupOptions } from "./setup/apply-setup.ts";
export { type HostFacts, readHostFacts } from "./setup/host-facts.ts";
export { formatSteps, planSetup, type SetupPlan, type SetupStep } from "./setup/plan-setup.ts";
export { allTools, missingTools, type PackagedCommand, type Tool, type ToolPurpose } from "./tools.ts";
