import { BackendFailedError, type CallOptions } from "@pixels/core";
import { runScript } from "../run-script.ts";
import type { SetupStep } from "./plan-setup.ts";

export interface ApplySetupOptions extends CallOptions {
  /** Where the daemon's socket is, if not in its usual place. */
  readonly socketPath?: string;
  readonly onStep: (step: SetupStep) => void;
  /** Each line that a step's command writes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Does the steps in their order, by the very commands that the plan shows. An abort ends it after the step that it is at, as no
 * package manager is to be killed midway; it then rejects with the signal's reason. A step that fails rejects with BACKEND_FAILED.
 */
export async function applySetup(steps: readonly SetupStep[], options: ApplySetupOptions): Promise<void> {
  const { signal, socketPath, onStep, onLine } = options;
  for (const step of steps) {
    signal?.throwIfAborted();
    onStep(step);
    try {
      await runScript(
        { name: "pixels-setup", text: `set -euo pipefail\n${step.command}\n` },
        { onLine, env: { LC_ALL: "C", ...(socketPath === undefined ? {} : { INCUS_SOCKET: socketPath }) } },
      );
    } catch (error) {
      throw new BackendFailedError(
        `setup came as far as "${step.what}": ${error instanceof Error ? error.message : String(error)}`,
        { cause: error, next: "mend what it says and run setup again: what is done stays done" },
      );
    }
  }
}
