import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { endKeptIncus, findIncus } from "@pixels/incus-host";
import type { Steps } from "./steps.ts";

/** Marks the sandboxes that `--keep` left. */
export const KEPT_LABELS = { quickstart: "kept" } as const;

export interface EndKeptOptions {
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** Removes what `--keep` left: sandboxes first, then the daemon if it was ours. */
export async function endKept({ steps, signal }: EndKeptOptions): Promise<void> {
  const { found } = await findIncus({ signal });
  if (found !== undefined) {
    await using client = createSandboxClient({ backend: incusBackend({ socket: found.socketPath }) });
    for await (const { name } of client.list({ labels: KEPT_LABELS, signal }))
      await steps.run(`removing the sandbox "${name}"`, () => client.sandbox(name).destroy({ signal }));
  }
  if (await endKeptIncus()) steps.say("> ended the private Incus daemon and all that was in it");
  steps.say("nothing is left of the quickstart");
}
