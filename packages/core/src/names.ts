import { InvalidArgumentError } from "./errors.ts";

declare const sandboxName: unique symbol;

/** A bare sandbox name that `parseSandboxName` has checked, so that it may stand in a URL or on a command line. */
export type SandboxName = string & { readonly [sandboxName]: true };

/** What every instance of ours is called on its server, before the bare name. */
export const INSTANCE_PREFIX = "px-";
/** The longest name that a server takes, prefix included: one DNS label. */
export const MAX_INSTANCE_NAME_LENGTH = 63;

const pattern = /^[a-z](?:-?[a-z0-9])*$/;

/**
 * Checks a sandbox name and strips one leading `px-`.
 * Lower-case letters, digits and single hyphens, starting with a letter, not ending in a hyphen, at most 60 characters; `px-…` (after
 * stripping) and `sys-…` are reserved. Throws INVALID_ARGUMENT.
 */
export function parseSandboxName(text: string): SandboxName {
  const bare = text.startsWith(INSTANCE_PREFIX) ? text.slice(INSTANCE_PREFIX.length) : text;
  const problem = describeProblem(bare);
  if (problem !== undefined)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a sandbox name: ${problem}`, {
      context: { name: text },
      next: "use lower-case letters, digits and single hyphens, starting with a letter, such as my-box2",
    });
  return bare as SandboxName;
}

/** The name of a sandbox's instance on its server. */
export function toInstanceName(name: SandboxName): string {
  return `${INSTANCE_PREFIX}${name}`;
}

/** The sandbox behind an instance's name; undefined where the instance is none of ours or is pixels' own infrastructure. */
export function fromInstanceName(instance: string): SandboxName | undefined {
  if (!instance.startsWith(INSTANCE_PREFIX)) return undefined;
  const bare = instance.slice(INSTANCE_PREFIX.length);
  return describeProblem(bare) === undefined ? (bare as SandboxName) : undefined;
}

function describeProblem(bare: string): string | undefined {
  if (bare === "") return "it is empty";
  if (INSTANCE_PREFIX.length + bare.length > MAX_INSTANCE_NAME_LENGTH)
    return `it is longer than ${MAX_INSTANCE_NAME_LENGTH - INSTANCE_PREFIX.length} characters`;
  if (!pattern.test(bare))
    return "it may have only lower-case letters, digits and single hyphens, starting with a letter and not ending in a hyphen";
  if (bare.startsWith(INSTANCE_PREFIX))
    return `"${INSTANCE_PREFIX}" is put in front once, and may not be repeated`;
  if (bare.startsWith("sys-")) return '"sys-" is kept for pixels itself';
  return undefined;
}
