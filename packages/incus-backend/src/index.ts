export { incusBackend } from "./backend.ts";
export { useIncus } from "./connect.ts";
export { parseRemote } from "./remote.ts";
export type { IncusBackendOptions } from "./options.ts";
