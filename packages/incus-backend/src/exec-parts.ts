import type { CallOptions, Command, ProcessSignal, SandboxName } from "@pixels/core";
import { planSignal, toInstanceName } from "@pixels/core/backend";
import { translating } from "./errors.ts";
import type { Orphans } from "./orphans.ts";
import type { IncusApi } from "./rest/api.ts";

/** The launcher begins as root and takes the command's account itself. */
export const AS_ROOT = { user: 0, group: 0, cwd: "/" } as const;
/** How long ending a command whose start was aborted may take before its connection is dropped all the same. */
export const KILL_TIMEOUT_MS = 10_000;

/** What every exec works with. */
export interface ExecParts {
  readonly api: IncusApi;
  readonly orphans: Orphans;
}

/** Runs a command without streams to its end, whatever that is, and gives its exit code where the server knows it. */
export async function runAsRoot(
  api: IncusApi,
  { name, command }: { readonly name: SandboxName; readonly command: Command },
  options: CallOptions,
): Promise<unknown> {
  const path = await api.instanceExec.run(toInstanceName(name), { command, ...AS_ROOT }, options);
  return (await api.operations.wait(path, options)).metadata?.["return"];
}

export interface SignalTarget {
  readonly name: SandboxName;
  /** The command's. */
  readonly id: string;
  readonly signal: ProcessSignal;
}

/** Signals every process of a command; KILL resolves once none is left. */
export async function signalCommand(
  api: IncusApi,
  { name, id, signal }: SignalTarget,
  options: CallOptions,
): Promise<void> {
  await translating({ sandbox: name }, () =>
    runAsRoot(api, { name, command: planSignal(id, signal) }, options),
  );
}
