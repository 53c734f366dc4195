import { unsupported } from "../backend/unsupported.ts";
import type { SandboxFiles, TransferOptions, TransferResult } from "../files.ts";

/** `SandboxFiles.download`. */
export async function downloadTree(
  _files: SandboxFiles,
  _path: string,
  _localPath: string,
  _options: TransferOptions,
): Promise<TransferResult> {
  throw unsupported("core", "download yet");
}
