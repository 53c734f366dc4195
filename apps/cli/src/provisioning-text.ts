import { type Provisioning, type ProvisionStep, summarize } from "@pixels/provisioner";
import { toTable } from "./output.ts";

/** Of a log, for people; `--json` has more. */
const LOG_LINES = 10;

/** How far a sandbox is provisioned, as `--json` shows it. */
export function toProvisioningJson(provisioning: Provisioning | undefined): unknown {
  if (provisioning === undefined) return null;
  return {
    state: summarize(provisioning),
    steps: provisioning.steps.map(({ id, title, kind, state, detail, startedAt, endedAt, log }) => ({
      id,
      title,
      kind,
      state,
      detail: detail ?? null,
      started_at: startedAt?.toISOString() ?? null,
      ended_at: endedAt?.toISOString() ?? null,
      log: log ?? null,
    })),
  };
}

/** The same for people: a table, and the ends of the logs of what has failed. */
export function toProvisioningText({ steps }: Provisioning): string {
  const table = toTable(
    ["step", "state", "note"],
    steps.map(({ title, state, detail }) => [title, state, detail ?? ""]),
  );
  return [table, ...steps.map(toLogText)].join("");
}

/** A line for each step that has failed. */
export function describeFailures({ steps }: Provisioning): readonly string[] {
  return steps
    .filter(({ state }) => state === "failed")
    .map(({ title, detail }) => `provisioning: ${title}: ${detail ?? "it failed"}`);
}

function toLogText({ title, log }: ProvisionStep): string {
  if (log === undefined) return "";
  const lines = toPrintable(log).trimEnd().split("\n").slice(-LOG_LINES);
  return `\nlog of ${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** What comes from a sandbox does nothing to a terminal. */
function toPrintable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]+/gu, " ");
}
