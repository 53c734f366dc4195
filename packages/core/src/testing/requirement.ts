import type { BackendCapabilities } from "../backend/backend.ts";

/** A capability that a rule needs. Without it, the very same call is refused with CAPABILITY_UNSUPPORTED. */
export type Need = Exclude<keyof BackendCapabilities, "maxConcurrentExec">;

/** One thing that every backend does. */
export interface Requirement {
  /** Completes "a backend …". */
  readonly behaviour: string;
  readonly needs?: Need;
}

export function isMet(capabilities: BackendCapabilities, need: Need | undefined): boolean {
  if (need === undefined) return true;
  const value = capabilities[need];
  return value === true || value === "host" || value === "guest";
}
