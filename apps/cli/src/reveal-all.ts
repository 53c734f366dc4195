import type { Secret } from "@pixels/core/config";

/** The values themselves, for the call that needs them. */
export function revealAll(variables: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.reveal()]));
}
