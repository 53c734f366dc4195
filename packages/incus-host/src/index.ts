export { type AptSource, parseDeb822Sources, parseOneLineSources, readAptSources } from "./apt-sources.ts";
export { buildImage, type BuildImageOptions, type BuiltImage, imageCacheFolder } from "./build-image.ts";
export { ensureImage, hasAlias, importImage } from "./import-image.ts";
export {
  findIncus,
  type FindIncusOptions,
  type IncusLookup,
  incusSocketPaths,
  type RefusedIncus,
} from "./incus-lookup.ts";
export { installCommands, installTools, type InstallToolsOptions } from "./install-tools.ts";
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
export { hasServiceManager, type HostProbe, probeHost } from "./probe-host.ts";
export type { ProcessId } from "./process-id.ts";
export { endIncusd, startIncusd } from "./restart-incus.ts";
export { isRoot } from "./require-root.ts";
export { allTools, missingTools, type PackagedCommand, type Tool, type ToolPurpose } from "./tools.ts";
