import type { CallOptions } from "@pixels/core";
import type { Contestant, OpenedRow } from "./row.ts";
import type { Pair } from "./statistics.ts";

export interface MeasureOptions extends CallOptions {
  readonly pairs: number;
  /** Pairs before those, not counted. */
  readonly warmUps: number;
}

/** Pairs in a row, each floor and subject in turn; which of them is first alternates. */
export async function measure(
  { floor, subject, settle }: Pick<OpenedRow, "floor" | "subject" | "settle">,
  { pairs, warmUps, signal }: MeasureOptions,
): Promise<readonly Pair[]> {
  const measured: Pair[] = [];
  const time = async (contestant: Contestant): Promise<number> => {
    signal?.throwIfAborted();
    await settle?.();
    const start = performance.now();
    const undo = await contestant();
    const durationMs = performance.now() - start;
    await undo?.();
    return durationMs;
  };
  for (let index = -warmUps; index < pairs; index++) {
    let floorMs = 0;
    if (index % 2 === 0) floorMs = await time(floor);
    const subjectMs = await time(subject);
    if (index % 2 !== 0) floorMs = await time(floor);
    if (index >= 0) measured.push({ floorMs, subjectMs });
  }
  return measured;
}
