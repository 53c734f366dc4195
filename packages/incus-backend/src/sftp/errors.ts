import { CapacityExhaustedError, FileNotFoundError, FileRefusedError } from "@pixels/core";
import { SftpStatusError } from "./session.ts";
import { statusCodes } from "./wire.ts";

/** What a request about a path was refused with, as callers see it; everything else stays what it is. */
export function toFileError(error: unknown, path: string): unknown {
  if (!(error instanceof SftpStatusError)) return error;
  const quoted = JSON.stringify(path);
  const options = { cause: error, context: { path } };
  if (error.status === statusCodes.noSuchFile || /no such file/.test(error.message))
    return new FileNotFoundError(`there is nothing at ${quoted} in the sandbox`, options);
  if (/no space left|quota exceeded|file too large/.test(error.message))
    return new CapacityExhaustedError(`no room is left in the sandbox for ${quoted}`, {
      ...options,
      next: "remove files in the sandbox, or give it more disk with: pixels set <name> --disk",
    });
  return new FileRefusedError(`${quoted} is refused: ${toReason(error.message)}`, options);
}

export function isMissing(error: unknown): boolean {
  return error instanceof SftpStatusError && error.status === statusCodes.noSuchFile;
}

/** The server puts its own call and path before the system's words. */
function toReason(message: string): string {
  return message.slice(message.lastIndexOf(": ") + 1).trim() || "the system gives no reason";
}
