import { BackendUnauthorizedError } from "@pixels/core";

/** Throws BACKEND_UNAUTHORIZED where this process is not root; `next` is the command that would do. */
export function requireRoot(message: string, next = "run the same command as root"): void {
  if (!isRoot()) throw new BackendUnauthorizedError(message, { next });
}

/** Whether this process is root. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
