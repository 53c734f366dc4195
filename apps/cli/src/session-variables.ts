import type { PixelsConfig } from "@pixels/core/config";
import { revealAll } from "./reveal-all.ts";

/** The variables of `[env]` that consoles and commands get, in the open: nothing but a command's environment may have them. */
export function revealSessionVariables({ env }: PixelsConfig): Record<string, string> {
  return revealAll(env.session);
}
