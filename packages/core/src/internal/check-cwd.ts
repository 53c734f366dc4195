import { isAbsolute } from "node:path/posix";
import { InvalidArgumentError } from "../errors.ts";

/** Throws INVALID_ARGUMENT for a working directory that is no absolute path. */
export function checkCwd(cwd: string | undefined): void {
  if (cwd !== undefined && (!isAbsolute(cwd) || cwd.includes("\0")))
    throw new InvalidArgumentError(`cwd: ${JSON.stringify(cwd)} is not an absolute path`);
}
