import type { CallOptions, Sandbox } from "@pixels/core";
import type { AccountSession } from "./session-rows.ts";

/** Those of the sandbox's account and those of root, each by name. Rejects as `exec` does. */
export async function findAllSessions(
  sandbox: Sandbox,
  { signal }: CallOptions,
): Promise<readonly AccountSession[]> {
  const { listSessions } = await import("@pixels/provisioner");
  const listOf = async (root: boolean, account: string): Promise<readonly AccountSession[]> =>
    (await listSessions(sandbox, { root, signal })).map((session) => ({ account, session }));
  const { account } = await sandbox.info({ signal });
  const own = listOf(false, account);
  if (account === "root") return await own;
  return (await Promise.all([own, listOf(true, "root")])).flat();
}
