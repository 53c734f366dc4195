import * as v from "valibot";
import type { Command } from "../command.ts";
import { BackendProtocolError, InvalidArgumentError } from "../errors.ts";
import { toExitStatus } from "../backend/exit-status.ts";
import type { ExitStatus } from "../exec.ts";
import type { JobInfo, JobState } from "../jobs.ts";

/** How much of a job's output is known. */
export interface JobCursor {
  readonly stdout: number;
  readonly stderr: number;
}

const descriptionSchema = v.object({
  command: v.pipe(v.array(v.string()), v.minLength(1)),
  startedAt: v.pipe(v.string(), v.isoTimestamp()),
});
const stateSchema = v.picklist(["running", "exited", "lost"]);

/** Throws INVALID_ARGUMENT for what no reading has given. */
export function parseCursor(cursor: string | undefined): JobCursor {
  if (cursor === undefined) return { stdout: 0, stderr: 0 };
  const [, stdout, stderr] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (stdout === undefined || stderr === undefined)
    throw new InvalidArgumentError(`cursor: ${JSON.stringify(cursor)} is not from a reading`, {
      next: "pass the cursor of the last reading, or none to begin anew",
    });
  return { stdout: Number(stdout), stderr: Number(stderr) };
}

export function formatCursor({ stdout, stderr }: JobCursor): string {
  return `${stdout}.${stderr}`;
}

/** Throws BACKEND_PROTOCOL for what is no state. */
export function toJobState(text: string): JobState {
  const parsed = v.safeParse(stateSchema, text);
  if (!parsed.success)
    throw new BackendProtocolError(`the sandbox says ${JSON.stringify(text)} of a job's state`);
  return parsed.output;
}

/** Undefined where there is no exit code. */
export function toStatus(text: string): ExitStatus | undefined {
  return /^\d+$/.test(text) ? toExitStatus(Number(text)) : undefined;
}

/** What `planListJobs` has printed. A line that is not to be understood is left out: root in the sandbox may have written it. */
export function parseJobList(text: string): readonly JobInfo[] {
  const [jobs = "", times = ""] = text.split("\n\n");
  const timeOf = parseTimes(times);
  return jobs
    .split("\n")
    .flatMap((line) => parseJob(line, timeOf) ?? [])
    .toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}

function parseJob(line: string, timeOf: ReadonlyMap<string, number>): JobInfo | undefined {
  const [id = "", state = "", exitCode = "", description = ""] = line.split("\t");
  const parsed = v.safeParse(descriptionSchema, parseJson(description));
  if (!parsed.success || !v.is(stateSchema, state)) return undefined;
  const [program = "", ...args] = parsed.output.command;
  const command: Command = [program, ...args];
  const startedAt = new Date(parsed.output.startedAt);
  const tookMs = (timeOf.get(`${id}/status`) ?? NaN) - (timeOf.get(`${id}/job`) ?? NaN);
  const endedAt =
    state === "exited" && tookMs >= 0 ? new Date(startedAt.getTime() + Math.round(tookMs)) : undefined;
  return { id, command, state, status: toStatus(exitCode), startedAt, endedAt };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lines of "<file> 2026-01-31 12:34:56.123456789 +0000" (stat %n %y), as milliseconds. */
function parseTimes(text: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, file, day, time, fraction = ""] =
      /^(\S+) (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(\.\d+)? /.exec(line) ?? [];
    if (file !== undefined) times.set(file, Date.parse(`${day}T${time}Z`) + Number(`0${fraction}`) * 1000);
  }
  return times;
}
