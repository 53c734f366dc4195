import type { SandboxName } from "@pixels/core";
import { type BackendExec, planCommand, type ProcessSpec } from "@pixels/core/backend";
import { translating } from "./errors.ts";
import { ExecChannel } from "./exec-channel.ts";
import type { ExecParts } from "./exec-parts.ts";
import { commandForm } from "./launch-form.ts";
import type { SpareLaunchers } from "./spare-launchers.ts";
import { TerminalChannel } from "./terminal-channel.ts";

/** Commands by way of Incus' exec: a launcher that waits already where there is one, else, and on a terminal, a new one. */
export function createBackendExec(parts: ExecParts, spares: SpareLaunchers): BackendExec {
  return {
    open: (name, spec, { signal }) =>
      translating({ sandbox: name }, async () => {
        if (spec.terminal !== undefined)
          return await TerminalChannel.open(parts, name, { spec, size: spec.terminal, signal });
        const channel =
          (await startSpare(spares, name, spec, signal)) ??
          (await ExecChannel.open(parts, {
            name,
            id: spec.id,
            account: spec.account,
            form: commandForm,
            signal,
          }));
        if (!channel.started) await channel.start(planCommand(spec), { cwd: spec.cwd, signal });
        const refill = (): void => spares.refill(name, { account: spec.account, form: commandForm });
        refill();
        // their time counts from the command's end
        channel.exit.then(refill, () => {});
        return channel;
      }),
  };
}

/** A spare that is found dead has not run the command, as it never told that it started: the command may be started anew. */
async function startSpare(
  spares: SpareLaunchers,
  name: SandboxName,
  spec: ProcessSpec,
  signal: AbortSignal | undefined,
): Promise<ExecChannel | undefined> {
  const spare = spares.take(name, { account: spec.account, form: commandForm });
  if (spare === undefined) return undefined;
  try {
    await spare.start(planCommand(spec), { cwd: spec.cwd, signal });
    return spare;
  } catch (error) {
    if (!spare.endedUnstarted) throw error;
    return undefined;
  }
}
