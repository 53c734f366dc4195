import { BackendProtocolError, type FileInfo, type FileKind } from "@pixels/core";
import type { SftpAttributes } from "./wire.ts";

const TYPE_BITS = 0o170000;
const PERMISSION_BITS = 0o7777;
const kinds = new Map<number, FileKind>([
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o120000, "symlink"],
]);

export function kindOf({ mode = 0 }: SftpAttributes): FileKind {
  return kinds.get(mode & TYPE_BITS) ?? "other";
}

export function toFileInfo(path: string, attributes: SftpAttributes): FileInfo {
  const { size, owner, mode, modifiedAt } = attributes;
  if (size === undefined || owner === undefined || mode === undefined || modifiedAt === undefined)
    throw new BackendProtocolError(`the server does not tell all of ${JSON.stringify(path)}`);
  return {
    path,
    kind: kindOf(attributes),
    sizeBytes: size,
    mode: mode & PERMISSION_BITS,
    modifiedAt,
    ...owner,
  };
}
