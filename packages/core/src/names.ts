import { InvalidArgumentError } from "./errors.ts";

declare const sandboxName: unique symbol;
declare const snapshotName: unique symbol;

/** A bare sandbox name that `parseSandboxName` has checked, so that it may stand in a URL or on a command line. */
export type SandboxName = string & { readonly [sandboxName]: true };

/** A snapshot's name that `parseSnapshotName` has checked, so that it may stand in a URL or name a dataset. */
export type SnapshotName = string & { readonly [snapshotName]: true };

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

/** Before the names of snapshots that pixels takes for itself: nobody can ask for one, and lists leave them out. */
export const RESERVED_SNAPSHOT_PREFIX = "pixels-";

const snapshotPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/**
 * Checks the name of a snapshot: at most 63 letters, digits, dots, underscores and hyphens, beginning and ending with a letter or digit.
 * `snapshot-…` is Incus's own on a dataset, and `pixels-…` is ours. Throws INVALID_ARGUMENT.
 */
export function parseSnapshotName(text: string): SnapshotName {
  const reserved = ["snapshot-", RESERVED_SNAPSHOT_PREFIX].find((prefix) => text.startsWith(prefix));
  if (reserved === undefined && snapshotPattern.test(text)) return text as SnapshotName;
  const problem =
    reserved === undefined
      ? "it may have only letters, digits, dots, underscores and hyphens, at most 63, beginning and ending with a letter or digit"
      : `names that begin with "${reserved}" are reserved`;
  throw new InvalidArgumentError(`${JSON.stringify(text)} is not the name of a checkpoint: ${problem}`, {
    context: { snapshot: text },
    next: "use one such as before-upgrade or px-20260131-1200",
  });
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
