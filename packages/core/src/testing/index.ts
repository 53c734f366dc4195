export { describeBackend, type DescribeBackendOptions } from "./describe-backend.ts";
export { memoryBackend, type MemoryBackendOptions, memoryCapabilities } from "./memory/memory-backend.ts";
export type { Need, Requirement } from "./requirement.ts";
export { type RequirementId, requirements } from "./requirements.ts";
