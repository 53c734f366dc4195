import type { Sandbox } from "@pixels/core";
import { bareExec } from "../bare-exec.ts";
import type { Contestant, OpenedRow, Row, Stage } from "../row.ts";
import { openSandbox } from "../sandbox.ts";
import { waitForSpares } from "../spares.ts";

const SPARES = 2;
const ANSWER_MS = 10_000;

/** A job's start, while launchers wait for it. */
export const jobStartRow: Row = {
  name: "job-start",
  title: "start of a job, a spare launcher waiting",
  against: "bare REST exec of true",
  bounds: { median: 0.4 },
  warmUps: 5,
  open: (stage) =>
    openJobs(stage, { name: "bench-job-start", kinds: 1 }, (sandbox) => async () => {
      await sandbox.jobs.start(["true"]);
      return undefined;
    }),
};

/** A job that is started, and read until its end. */
export const jobAnswerRow: Row = {
  name: "job-answer",
  title: "a job started and answered, spare launchers waiting",
  against: "bare REST exec of true",
  bounds: { median: 0.8 },
  warmUps: 5,
  open: (stage) =>
    openJobs(stage, { name: "bench-job-answer", kinds: 2 }, (sandbox) => async () => {
      const { id } = await sandbox.jobs.start(["true"]);
      const { end, status } = await sandbox.jobs.read(id, { waitMs: ANSWER_MS });
      if (!end || status?.exitCode !== 0) throw new Error("the job did not end with 0");
      return undefined;
    }),
};

/** `kinds`: how many kinds of launchers the subject has waiting: those of jobs, and those of commands. */
async function openJobs(
  stage: Stage,
  { name, kinds }: { readonly name: string; readonly kinds: number },
  toSubject: (sandbox: Sandbox) => Contestant,
): Promise<OpenedRow> {
  const target = await openSandbox(stage, name, { spareLaunchers: SPARES });
  const subject = toSubject(target.sandbox);
  await subject();
  return {
    floor: bareExec(stage, target, () => ["true"]),
    subject,
    settle: () => waitForSpares(stage, target.instance, kinds * SPARES),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}
