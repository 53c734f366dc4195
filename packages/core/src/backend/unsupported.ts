import { CapabilityUnsupportedError } from "../errors.ts";
import type { BackendEgress, BackendFiles, BackendJobs, BackendSnapshots } from "./backend.ts";

/** The refusal of what a backend cannot do. `what` completes "the … backend cannot". */
export function unsupported(backendId: string, what: string): CapabilityUnsupportedError {
  return new CapabilityUnsupportedError(`the ${backendId} backend cannot ${what}`, {
    context: { backend: backendId },
    next: "look at the backend's capabilities before you ask",
  });
}

function refuse(backendId: string, what: string): () => Promise<never> {
  return () => Promise.reject(unsupported(backendId, what));
}

/** The files of a backend that has none. */
export function unsupportedFiles(backendId: string): BackendFiles {
  const no = refuse(backendId, "read or write files");
  return {
    read: no,
    write: no,
    list: no,
    stat: no,
    mkdir: no,
    symlink: no,
    readlink: no,
    rename: no,
    chmod: no,
    remove: no,
  };
}

/** The snapshots of a backend that has none. */
export function unsupportedSnapshots(backendId: string): BackendSnapshots {
  const no = refuse(backendId, "take snapshots");
  return { create: no, list: no, restore: no, delete: no };
}

/** The jobs of a backend that has none. */
export function unsupportedJobs(backendId: string): BackendJobs {
  return { start: refuse(backendId, "run jobs") };
}

/** The egress of a backend that cannot restrict it. */
export function unsupportedEgress(backendId: string): BackendEgress {
  const no = refuse(backendId, "restrict egress");
  return { get: no, set: no, log: () => unsupportedIterable(backendId, "restrict egress") };
}

/** An iteration that rejects with the refusal at its first step. */
export function unsupportedIterable(backendId: string, what: string): AsyncIterable<never> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(unsupported(backendId, what)) }),
  };
}
