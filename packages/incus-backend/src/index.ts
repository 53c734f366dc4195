export { incusBackend } from "./backend.ts";
export type { IncusBackendOptions } from "./options.ts";
