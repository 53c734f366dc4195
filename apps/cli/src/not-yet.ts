import { CapabilityUnsupportedError, InvalidArgumentError } from "@pixels/core";
import type { PixelsConfig } from "@pixels/core/config";

/** What `create` was asked for on the command line and does not do in this version. */
export interface CreateWishes {
  readonly base: string | undefined;
  readonly egress: string | undefined;
  readonly allow: readonly string[];
}

/** What `--egress` takes. */
export const egressModes: readonly string[] = ["unrestricted", "agent", "allowlist", "blocked"];

/** Throws CAPABILITY_UNSUPPORTED for the first flag that cannot be honoured, rather than leave it out in silence. */
export function refuseWishes({ base, egress, allow }: CreateWishes): void {
  if (egress !== undefined && !egressModes.includes(egress))
    throw new InvalidArgumentError(
      `--egress: ${JSON.stringify(egress)} is no mode; expected ${egressModes.join(", ")}`,
      { next: "name one of them, or leave it out" },
    );
  if (base !== undefined)
    throw notYet(
      "--base",
      "create from a base",
      "create from an image, with --image, and set it up with: pixels exec",
    );
  if (egress !== undefined && egress !== "unrestricted")
    throw notYet(
      `--egress ${egress}`,
      "restrict the network",
      "leave it out where the sandbox may reach everything",
    );
  if (allow.length > 0)
    throw notYet("--allow", "restrict the network", "leave it out where the sandbox may reach everything");
}

/** Throws CAPABILITY_UNSUPPORTED for the first setting that a new sandbox should follow and cannot; what `--egress` says counts more. */
export function refuseSettings(
  config: PixelsConfig,
  { egress }: { readonly egress: string | undefined },
): void {
  const mode = egress ?? config.network.egress;
  if (mode !== "unrestricted")
    throw notYet(
      `network.egress = ${JSON.stringify(mode)}`,
      "restrict the network",
      "say --egress unrestricted where the sandbox may reach everything",
    );
}

/** Refuses names that are kept for what pixels makes itself. */
export function refuseReservedName(name: string, { basePrefix, prefix }: PixelsConfig["mcp"]): void {
  const reserved = [basePrefix, prefix].find((start) => name.startsWith(start));
  if (reserved !== undefined)
    throw new InvalidArgumentError(
      `${JSON.stringify(name)} is not a name for create: ${JSON.stringify(reserved)} is kept`,
      {
        next: "choose a name that does not begin like that",
        context: { name },
      },
    );
}

function notYet(what: string, action: string, next: string): CapabilityUnsupportedError {
  return new CapabilityUnsupportedError(`${what}: this version of pixels cannot ${action} yet`, {
    next,
    context: { setting: what },
  });
}
