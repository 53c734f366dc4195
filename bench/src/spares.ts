import { poll } from "@pixels/core/backend";
import type { BareOperation } from "./floor/rest.ts";
import type { Stage } from "./row.ts";

interface State {
  readonly processes: number;
}

/**
 * Resolves once this many launchers wait in the instance: as many operations run as there are launchers, and two looks in a row found the
 * same number of processes.
 */
export async function waitForSpares(
  { rest, signal }: Pick<Stage, "rest" | "signal">,
  instance: string,
  spares: number,
): Promise<void> {
  let before = -1;
  await poll(
    async () => {
      const { metadata: operations } = await rest.request<{ readonly running?: readonly BareOperation[] }>(
        "GET",
        "/1.0/operations?recursion=1",
      );
      const { metadata: state } = await rest.request<State>("GET", `/1.0/instances/${instance}/state`);
      const settled = (operations.running ?? []).length === spares && state.processes === before;
      before = state.processes;
      return settled ? true : undefined;
    },
    { what: `${spares} spare launchers in ${instance}`, timeoutMs: 10_000, intervalMs: 20, signal },
  );
}
