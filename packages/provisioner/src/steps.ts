import { pendingDevtools } from "./devtools/script.ts";
import { isOpen, type ProvisionStep } from "./provisioning.ts";
import type { Settings } from "./settings.ts";
import { pendingSetup } from "./setup.ts";

const interrupted = "it was interrupted, as the sandbox was cloned";

/** What there is to do in a sandbox from an image, besides what is done before its first start. */
export function planSteps({ devtools }: Pick<Settings, "devtools">): readonly ProvisionStep[] {
  return devtools ? [...pendingSetup, ...pendingDevtools] : pendingSetup;
}

/** The steps with these in place of those of the same ids, or before all. */
export function mergeSteps(
  steps: readonly ProvisionStep[],
  changed: readonly ProvisionStep[],
): readonly ProvisionStep[] {
  const byId = new Map(changed.map((step) => [step.id, step]));
  const known = new Set(steps.map(({ id }) => id));
  const added = changed.filter(({ id }) => !known.has(id));
  const merged = steps.map((step) => byId.get(step.id) ?? step);
  return [...added, ...merged];
}

/** A clone has what its source had, but nothing that was being installed there. */
export function inheritSteps(steps: readonly ProvisionStep[]): readonly ProvisionStep[] {
  return steps.map((step) => (isOpen(step) ? { ...step, state: "failed", detail: interrupted } : step));
}

/** Every step has an end, also one that a script has not come to, as it was ended. */
export function closeSteps(steps: readonly ProvisionStep[], reason: string): readonly ProvisionStep[] {
  return steps.map((step) => {
    if (!isOpen(step)) return step;
    return { ...step, state: step.kind === "tool" ? "skipped" : "failed", detail: reason };
  });
}
