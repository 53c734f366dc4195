import type { Command } from "../command.ts";
import {
  beginJob,
  closeJobScript,
  jobLauncherScript,
  listJobsScript,
  readJobScript,
  removeJobScript,
  settleJobScript,
  supervisorScript,
  writeJobScript,
} from "./job-scripts.ts";
import { type LaunchSpec, planCommand } from "./launcher.ts";
import { readerScript } from "./launcher-scripts.ts";
import { quoteForShell } from "./quote.ts";

/** What a job needs to start. Its id is that of the launcher which starts it. */
export interface JobSpec extends Omit<LaunchSpec, "id"> {
  /** "none": it reads the end of file at once. "open": it waits for what is written to it. */
  readonly stdin: "none" | "open";
  /** By the clock of whoever starts it. */
  readonly startedAt: Date;
}

/**
 * A launcher like `planLauncher`, but for a job: run it as root, give it `planJob` by stdin, and then the end of that. It tells on its stderr
 * what a launcher tells, and ends once the job has begun. The job is a process of the sandbox alone: neither the launcher's end nor a lost
 * connection ends it. It has begun for certain where all of `planJob` has arrived, and has left nothing where not.
 */
export function planJobLauncher({ id, account = "" }: Pick<LaunchSpec, "id" | "account">): Command {
  return ["sh", "-c", jobLauncherScript, "pixels", id, account, supervisorScript, readerScript];
}

export function planJob(spec: JobSpec): Uint8Array {
  const { command, cwd, stdin, startedAt } = spec;
  // without the environment: that may have secrets
  const description = quoteForShell(JSON.stringify({ command, cwd, stdin, startedAt }));
  return planCommand(spec, { begin: beginJob(description, { stdin }) });
}

/** Run this as root where a launcher was lost: it ends with 0 where the job has begun, and with 3 where it has not, and never will. */
export function planSettleJob(id: string): Command {
  return ["sh", "-c", settleJobScript, "pixels", id];
}

/** Run this as root: ends the job, or what would have become one, and removes what there is of it. */
export function planRemoveJob(id: string): Command {
  return ["sh", "-c", removeJobScript, "pixels", id];
}

/** Run this as root. One line a job: id, state, exit code or nothing, and its description; then an empty line, and a line a file with the file's name and time. */
export function planListJobs(id?: string): Command {
  return ["sh", "-c", listJobsScript, "pixels", ...(id === undefined ? [] : [id])];
}

export interface ReadJobPlan {
  /** Bytes of each stream that are known already. */
  readonly stdout: number;
  readonly stderr: number;
  readonly waitMs: number;
  /** Of each stream. */
  readonly maxBytes: number;
}

/** Run this as root. The first line of its stdout is about the job ("gone", or state, exit code and "whole" or "cut"), the rest and its stderr are the job's. */
export function planReadJob(id: string, { stdout, stderr, waitMs, maxBytes }: ReadJobPlan): Command {
  const numbers = [stdout, stderr, Math.ceil(waitMs / 10), maxBytes].map(String);
  return ["sh", "-c", readJobScript, "pixels", id, ...numbers];
}

/** Run this as root, with what the job is to read as its stdin. Its stdout is "gone", "ended", "closed", or "written" at its end. */
export function planWriteJob(id: string): Command {
  return ["sh", "-c", writeJobScript, "pixels", id];
}

/** Run this as root. Its stdout is "gone" or "closed". */
export function planCloseJob(id: string): Command {
  return ["sh", "-c", closeJobScript, "pixels", id];
}
