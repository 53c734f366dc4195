// what `inject("incusSocket")` gives
import { openIncusApi } from "@pixels/incus-backend/rest";

/** Names of everything on the server, ours or not. */
export async function listInstances(socketPath: string): Promise<readonly string[]> {
  await using api = openIncusApi({ socketPath });
  return (await api.instances.list({})).map(({ name }) => name);
}
