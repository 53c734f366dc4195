/** `skipped`: there was nothing to do, or what it needs is not there; `detail` says which. */
export type StepState = "pending" | "running" | "done" | "failed" | "skipped";

/** One thing that provisioning does. */
export interface ProvisionStep {
  /** Letters, digits and hyphens. */
  readonly id: string;
  /** What it is about, for people. */
  readonly title: string;
  /** `create` waits for a `setup`; a `tool` is installed in the background. */
  readonly kind: "setup" | "tool";
  readonly state: StepState;
  /** A line on the state, where there is something to say. */
  readonly detail?: string;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** The end of what a failed step has printed; data from the sandbox. */
  readonly log?: string;
}

/** How far a sandbox is provisioned. */
export interface Provisioning {
  readonly steps: readonly ProvisionStep[];
}

/** Of all the steps: `failed` where one has failed and none is left to do. */
export function summarize({ steps }: Provisioning): "running" | "done" | "failed" {
  if (steps.some(isOpen)) return "running";
  return steps.some(({ state }) => state === "failed") ? "failed" : "done";
}

/** Whether something is still to come of the step. */
export function isOpen({ state }: Pick<ProvisionStep, "state">): boolean {
  return state === "pending" || state === "running";
}
