import { type CallOptions, PixelsError, type ProvisionOptions, type Sandbox } from "@pixels/core";
import { DEVTOOLS_SCRIPT } from "./devtools/script.ts";
import { isOpen, type ProvisionStep } from "./provisioning.ts";
import { formatRecord, RECORD } from "./record.ts";
import { runScript } from "./run-script.ts";
import type { Settings } from "./settings.ts";
import { formatSetup } from "./setup.ts";
import { closeSteps } from "./steps.ts";
import { ROOT } from "./write-file.ts";

/** Every step has limits of its own, well below; this one is for a sandbox that stands still. */
const MOST_MS = 20 * 60_000;

export interface ProvisionSandboxOptions extends ProvisionOptions {
  readonly settings: Settings;
  /** The steps as they are before. */
  readonly before: readonly ProvisionStep[];
}

/** Does what needs a running sandbox, has the tools installed in the background, and gives the steps as they are then. */
export async function provisionSandbox(
  sandbox: Sandbox,
  options: ProvisionSandboxOptions,
): Promise<readonly ProvisionStep[]> {
  const { settings, signal } = options;
  const steps = await setUp(sandbox, options);
  if (!settings.devtools || !steps.some((step) => step.kind === "tool" && isOpen(step))) return steps;
  try {
    await sandbox.jobs.start(["sh", DEVTOOLS_SCRIPT], { root: true, cwd: "/", signal });
    return steps;
  } catch (error) {
    signal?.throwIfAborted();
    if (!PixelsError.is(error) || !["CAPABILITY_UNSUPPORTED", "SANDBOX_NOT_READY"].includes(error.code))
      throw error;
    return await close(sandbox, steps, { reason: error.message, signal });
  }
}

async function setUp(
  sandbox: Sandbox,
  { settings, before, signal, onProgress }: ProvisionSandboxOptions,
): Promise<readonly ProvisionStep[]> {
  const limit = AbortSignal.timeout(MOST_MS);
  const both = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  try {
    const script = formatSetup(settings, { before });
    const steps = await runScript(sandbox, script, before, { signal: both, onProgress });
    if (!steps.some((step) => step.kind === "setup" && isOpen(step))) return steps;
    return await close(sandbox, steps, { reason: "it was ended before its time", signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) return await close(sandbox, before, { reason: "it took too long", signal });
    // one without what a command needs in it can still be used by its files
    if (!PixelsError.is(error) || error.code !== "SANDBOX_NOT_READY") throw error;
    return await close(sandbox, before, { reason: error.message, signal });
  }
}

/** Writes down that what was not done will not be. */
async function close(
  { files }: Sandbox,
  steps: readonly ProvisionStep[],
  { reason, signal }: CallOptions & { readonly reason: string },
): Promise<readonly ProvisionStep[]> {
  const closed = closeSteps(steps, reason);
  await files.write(RECORD, formatRecord({ steps: closed }), { mode: 0o600, owner: ROOT, signal });
  return closed;
}
