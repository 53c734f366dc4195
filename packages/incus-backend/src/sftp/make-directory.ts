import { posix } from "node:path";
import { FileRefusedError } from "@pixels/core";
import { abortable, type BackendWriteOptions } from "@pixels/core/backend";
import { isMissing } from "./errors.ts";
import { kindOf } from "./file-info.ts";
import { type SftpSession, SftpStatusError } from "./session.ts";

const DEFAULT_MODE = 0o755;
const PLAIN_BITS = 0o777;

/** Makes the directory and the parents that are missing; false where it is there, and stays as it is. */
export async function makeDirectory(
  session: SftpSession,
  path: string,
  options: BackendWriteOptions,
): Promise<boolean> {
  const { mode = DEFAULT_MODE, owner, newOwner, signal } = options;
  try {
    await abortable(session.mkdir(path), signal);
  } catch (error) {
    if (!(error instanceof SftpStatusError) || path === "/") throw error;
    if (isMissing(error)) {
      await makeDirectory(session, posix.dirname(path), { newOwner, signal });
      return await makeDirectory(session, path, options);
    }
    await expectDirectory(session, path, error);
    return false;
  }
  await abortable(session.chown(path, owner ?? newOwner), signal);
  await abortable(session.chmod(path, mode & PLAIN_BITS), signal);
  return true;
}

/** A symlink to a directory will do. */
async function expectDirectory(session: SftpSession, path: string, refusal: SftpStatusError): Promise<void> {
  const kind = kindOf(await session.stat(path));
  if (kind === "directory") return;
  throw new FileRefusedError(`${JSON.stringify(path)} is there and is no directory`, {
    cause: refusal,
    context: { path },
  });
}
