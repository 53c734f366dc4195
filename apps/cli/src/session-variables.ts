import type { PixelsConfig } from "@pixels/core/config";

/** The variables of `[env]` that consoles and commands get, in the open: nothing but a command's environment may have them. */
export function revealSessionVariables({ env }: PixelsConfig): Record<string, string> {
  return Object.fromEntries(Object.entries(env.session).map(([name, value]) => [name, value.reveal()]));
}
