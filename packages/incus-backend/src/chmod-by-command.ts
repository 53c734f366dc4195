import {
  CapabilityUnsupportedError,
  type CallOptions,
  FileRefusedError,
  type SandboxName,
} from "@pixels/core";
import { toInstanceName } from "@pixels/core/backend";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError } from "./rest/errors.ts";

/** Sets a mode with setuid, setgid or sticky bits, which Incus's SFTP server leaves out. The sandbox has to run. */
export async function chmodByCommand(
  api: IncusApi,
  name: SandboxName,
  path: string,
  { mode, signal }: CallOptions & { readonly mode: number },
): Promise<void> {
  const body = { command: ["chmod", mode.toString(8), "--", path], user: 0, group: 0, cwd: "/" };
  try {
    const operation = await api.instanceExec.run(toInstanceName(name), body, { signal });
    const { metadata } = await api.operations.wait(operation, { keepFailed: true, signal });
    if (metadata?.["return"] === 0) return;
  } catch (error) {
    if (
      !(error instanceof IncusApiError) ||
      !/is not running|isn't running|is frozen/.test(error.serverMessage)
    )
      throw error;
    throw new CapabilityUnsupportedError(
      `the setuid, setgid and sticky bits of ${JSON.stringify(path)} can be set only while the sandbox runs`,
      { cause: error, next: "start the sandbox, or leave these bits out" },
    );
  }
  throw new FileRefusedError(`the mode of ${JSON.stringify(path)} cannot be set to ${mode.toString(8)}`, {
    context: { path },
  });
}
