import { ConnectionLostError, type ExitStatus, type SandboxName } from "@pixels/core";
import { toExitStatus } from "@pixels/core/backend";
import { translateError } from "./errors.ts";
import type { Operation } from "./rest/schemas.ts";

/** Incus marks an exec that ended with 126 or 127 as failed; its exit code is there all the same. */
export function readExitStatus({ metadata, err }: Operation): ExitStatus {
  const code = metadata?.["return"];
  if (typeof code !== "number" || code < 0)
    throw new ConnectionLostError(
      `the server does not know how the command ended${err === "" ? "" : `: ${err}`}`,
    );
  return toExitStatus(code);
}

/** What the wait for a command's end was broken off by, as CONNECTION_LOST. */
export function toLostConnection(error: unknown, name: SandboxName): ConnectionLostError {
  if (error instanceof ConnectionLostError) return error;
  return new ConnectionLostError(`the connection to a command in sandbox ${JSON.stringify(name)} was lost`, {
    cause: translateError(error, { sandbox: name }),
    context: { sandbox: name },
    next: "its exit code is unknown: check what it did before you run it again",
  });
}
