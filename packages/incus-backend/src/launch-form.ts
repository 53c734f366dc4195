import type { Command } from "@pixels/core";
import {
  type LaunchSpec,
  planJobLauncher,
  planLauncher,
  planRemoveJob,
  planSignal,
} from "@pixels/core/backend";

/** What becomes of a launcher: a command that ends with its connection, or a job. */
export interface LaunchForm {
  readonly kind: "command" | "job";
  plan(launcher: Pick<LaunchSpec, "id" | "account">): Command;
  /** Ends all that was started; nothing is left of it. */
  planEnd(id: string): Command;
}

export const commandForm: LaunchForm = {
  kind: "command",
  plan: planLauncher,
  planEnd: (id) => planSignal(id, "KILL"),
};

export const jobForm: LaunchForm = { kind: "job", plan: planJobLauncher, planEnd: planRemoveJob };
