import { unsupported } from "../backend/unsupported.ts";
import type { SandboxFiles, TransferOptions, TransferResult } from "../files.ts";

/** `SandboxFiles.upload`. */
export async function uploadTree(
  _files: SandboxFiles,
  _localPath: string,
  _path: string,
  _options: TransferOptions,
): Promise<TransferResult> {
  throw unsupported("core", "upload yet");
}
