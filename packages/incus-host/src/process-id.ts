import { readFile } from "node:fs/promises";
import { poll } from "@pixels/core/backend";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from the machine's boot to the process's start (proc(5), stat, field 22). */
  readonly startTime: string;
}

/** When a process started, or undefined where there is none, or only its unread exit code. */
export async function getStartTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // the name, in parentheses, may itself hold spaces and parentheses
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  return state === "Z" || state === "X" ? undefined : fields[19];
}

/** Kills a process and waits until it is gone; one that is gone already is no error. */
export async function endProcess({ pid, startTime }: ProcessId): Promise<void> {
  if ((await getStartTime(pid)) !== startTime) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
  await poll(async () => ((await getStartTime(pid)) === startTime ? undefined : true), {
    what: `process ${pid} to end`,
    timeoutMs: 10_000,
    intervalMs: 10,
  });
}
