import { type CallOptions, type SandboxInfo, type SandboxName, SandboxNotFoundError } from "@pixels/core";
import { toInstanceName } from "@pixels/core/backend";
import type { IncusApi } from "./rest/api.ts";
import { toSandboxInfo } from "./translate.ts";

/** Rejects with SANDBOX_NOT_FOUND; the result has a revision. */
export async function getSandbox(
  api: IncusApi,
  name: SandboxName,
  options: CallOptions,
): Promise<SandboxInfo> {
  const { instance, etag } = await api.instances.get(toInstanceName(name), options);
  const info = toSandboxInfo(instance, { revision: etag });
  if (info === undefined) throw new SandboxNotFoundError(`there is no sandbox named ${JSON.stringify(name)}`);
  return info;
}
