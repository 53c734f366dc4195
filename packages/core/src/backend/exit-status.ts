import type { ExitStatus } from "../exec.ts";
import { type ProcessSignal, processSignals } from "../process-signals.ts";

const names = new Map<number, ProcessSignal>(
  Object.entries(processSignals).map(([name, number]) => [number, name as ProcessSignal]),
);

/** An exit code as a shell counts, with the signal that it tells of, if any. */
export function toExitStatus(exitCode: number): ExitStatus {
  return { exitCode, signal: exitCode > 128 ? names.get(exitCode - 128) : undefined };
}
