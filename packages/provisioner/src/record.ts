import type { CallOptions, SandboxFiles } from "@pixels/core";
import { readIfText } from "./files-there.ts";
import type { ProvisionStep, StepState } from "./provisioning.ts";

/** Root's alone: no account of the sandbox can have `status` tell what is not so. */
export const FOLDER = "/var/lib/pixels/provision";
export const RECORD = `${FOLDER}/record`;

/** Who installs the tools: a process, known by its number and the moment it began (proc(5): field 22 of stat). */
export interface Runner {
  readonly pid: string;
  readonly startedAt: string;
}

/** What is written down about a sandbox's provisioning. */
export interface ProvisionRecord {
  readonly steps: readonly ProvisionStep[];
  readonly runner?: Runner;
}

const MAX_STEPS = 100;
const MAX_TEXT = 500;
const states: readonly string[] = ["pending", "running", "done", "failed", "skipped"] satisfies StepState[];
/** Letters, digits and hyphens; it is the name of a file too. */
const idForm = /^[a-z0-9][a-z0-9-]{0,49}$/;

/**
 * Lines of words with tabs between them, so that a shell can add one: `step ID KIND TITLE`, `state ID STATE SECONDS DETAIL`,
 * `runner PID START`. The last line about a thing counts.
 */
export function formatRecord({ steps, runner }: ProvisionRecord): string {
  const lines = steps.map(({ id, kind, title }) => ["step", id, kind, title]);
  for (const { id, state, detail = "", endedAt, startedAt } of steps) {
    if (state === "pending") continue;
    if (startedAt !== undefined && endedAt !== undefined)
      lines.push(["state", id, "running", toSeconds(startedAt), ""]);
    lines.push(["state", id, state, toSeconds(endedAt ?? startedAt), toText(detail)]);
  }
  if (runner !== undefined) lines.push(["runner", runner.pid, runner.startedAt]);
  return lines.map((line) => `${line.join("\t")}\n`).join("");
}

/** Undefined where there is none, or something else in its place. */
export async function readRecord(
  files: SandboxFiles,
  options: CallOptions,
): Promise<ProvisionRecord | undefined> {
  const text = await readIfText(files, RECORD, options);
  return text === undefined ? undefined : parseRecord(text);
}

/** Reads what may have been written by anybody who is root in the sandbox: what makes no sense is left out. */
export function parseRecord(text: string): ProvisionRecord {
  const steps = new Map<string, ProvisionStep>();
  let runner: Runner | undefined;
  for (const line of text.split("\n")) {
    const [kind, ...words] = line.split("\t");
    if (kind === "step") addStep(steps, words);
    else if (kind === "state") applyState(steps, words);
    else if (kind === "runner") {
      const [pid = "", startedAt = ""] = words;
      if (/^\d+$/.test(pid) && /^\d+$/.test(startedAt)) runner = { pid, startedAt };
    }
  }
  return { steps: [...steps.values()], runner };
}

function addStep(steps: Map<string, ProvisionStep>, [id = "", kind, title = ""]: readonly string[]): void {
  if (!idForm.test(id) || (kind !== "setup" && kind !== "tool")) return;
  if (!steps.has(id) && steps.size >= MAX_STEPS) return;
  steps.set(id, { id, kind, title: toText(title), state: "pending" });
}

function applyState(
  steps: Map<string, ProvisionStep>,
  [id = "", state = "", seconds = "", detail = ""]: readonly string[],
): void {
  const step = steps.get(id);
  if (step === undefined || !isState(state)) return;
  const at = /^\d{1,12}$/.test(seconds) ? new Date(Number(seconds) * 1000) : undefined;
  const { title, kind } = step;
  const times = state === "running" ? { startedAt: at } : { startedAt: step.startedAt, endedAt: at };
  steps.set(id, { id, title, kind, state, ...times, detail: toText(detail) || undefined });
}

function isState(word: string): word is StepState {
  return states.includes(word);
}

function toSeconds(time: Date | undefined): string {
  return time === undefined ? "" : String(Math.floor(time.getTime() / 1000));
}

/** One line that a terminal only prints. */
function toText(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ").slice(0, MAX_TEXT);
}
