import { posix } from "node:path";
import { InvalidArgumentError } from "@pixels/core";

/** What is at a path, symlinks followed. */
export type PathKind = "directory" | "other" | "missing";

export interface TransferEnd {
  /** As it was written, "~" and what it is relative to apart. */
  readonly path: string;
  readonly kind: PathKind;
}

/** One call of the library. */
export interface TransferStep {
  readonly from: string;
  readonly to: string;
}

/**
 * Where `cp -r` would copy to: into a directory that is there, else to that very path. Throws INVALID_ARGUMENT where several sources have no
 * directory to go to, or would go to one path, and for a file that is to be written to a directory that is missing.
 */
export function planTransfer(sources: readonly TransferEnd[], target: TransferEnd): readonly TransferStep[] {
  const refuse = (reason: string, next: string): InvalidArgumentError =>
    new InvalidArgumentError(`${JSON.stringify(target.path)} ${reason}`, {
      next,
      context: { path: target.path },
    });
  if (target.kind === "directory") {
    const steps = sources.map(({ path }) => ({ from: path, to: intoDirectory(path, target.path) }));
    const twice = steps.find(({ to }, index) => steps.findIndex((step) => step.to === to) !== index);
    if (twice === undefined) return steps;
    throw new InvalidArgumentError(`two of the sources would go to ${JSON.stringify(twice.to)}`, {
      next: "transfer them one by one",
      context: { path: twice.to },
    });
  }
  const isFile = target.kind === "other";
  const [source] = sources;
  if (sources.length > 1 || source === undefined)
    throw refuse(
      isFile
        ? "is no directory, as several sources need"
        : "is missing, and several sources need a directory",
      "name a directory that is there",
    );
  if (target.path.endsWith("/") && (isFile || source.kind !== "directory"))
    throw refuse(
      isFile ? "is no directory" : "is missing",
      "make the directory first, or leave the slash out",
    );
  return [{ from: source.path, to: target.path }];
}

/** Under the source's name; "dir/." and ".." have none, and stand for what is in them. */
function intoDirectory(source: string, directory: string): string {
  const name = posix.basename(source);
  return name === "." || name === ".." ? directory : posix.join(directory, name);
}
