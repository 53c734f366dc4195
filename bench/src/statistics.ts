/** Values in between are interpolated linearly; NaN of no values. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export interface Summary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export function summarize(values: readonly number[]): Summary {
  return { p50: quantile(values, 0.5), p90: quantile(values, 0.9), p99: quantile(values, 0.99) };
}

/** What one pair took, in milliseconds: the floor and what is measured against it, one right after the other. */
export interface Pair {
  readonly floorMs: number;
  readonly subjectMs: number;
}

export interface Bounds {
  /** Most that the ratio of the medians may be. */
  readonly median: number;
  /** Most that the ratio of the 90th percentiles may be. */
  readonly p90?: number;
}

/** "green" and "red" need `MIN_PAIRS` pairs. */
export type Verdict = "green" | "red" | "too few pairs" | "no bound";

/** Fewer pairs than this decide nothing. */
export const MIN_PAIRS = 40;

export interface Comparison {
  readonly pairs: number;
  readonly floorMs: Summary;
  readonly subjectMs: Summary;
  /** Of the medians. */
  readonly ratio: number;
  /** 25th percentile of the pairs' own ratios. */
  readonly pairedRatioP25: number;
  readonly p90Ratio: number;
  readonly bounds: Bounds | undefined;
  readonly verdict: Verdict;
}

/** Red needs two signs, so that a disturbance alone is none: see `isOverMedian` and `isOverP90`. */
export function compare(pairs: readonly Pair[], bounds?: Bounds): Comparison {
  const floorMs = summarize(pairs.map((pair) => pair.floorMs));
  const subjectMs = summarize(pairs.map((pair) => pair.subjectMs));
  return {
    pairs: pairs.length,
    floorMs,
    subjectMs,
    ratio: subjectMs.p50 / floorMs.p50,
    pairedRatioP25: pairedRatioP25(pairs),
    p90Ratio: subjectMs.p90 / floorMs.p90,
    bounds,
    verdict: judge(pairs, bounds),
  };
}

function judge(pairs: readonly Pair[], bounds: Bounds | undefined): Verdict {
  if (bounds === undefined) return "no bound";
  if (pairs.length < MIN_PAIRS) return "too few pairs";
  const red =
    isOverMedian(pairs, bounds.median) || (bounds.p90 !== undefined && isOverP90(pairs, bounds.p90));
  return red ? "red" : "green";
}

/** The ratio of the medians is over, and so are three quarters of the pairs. */
function isOverMedian(pairs: readonly Pair[], bound: number): boolean {
  return ratioAt(pairs, 0.5) > bound && pairedRatioP25(pairs) > bound;
}

/** Single pairs say nothing of a tail: the ratio is over in the whole run and in either half of it. */
function isOverP90(pairs: readonly Pair[], bound: number): boolean {
  const middle = Math.floor(pairs.length / 2);
  return [pairs, pairs.slice(0, middle), pairs.slice(middle)].every((part) => ratioAt(part, 0.9) > bound);
}

function ratioAt(pairs: readonly Pair[], fraction: number): number {
  const subject = quantile(
    pairs.map((pair) => pair.subjectMs),
    fraction,
  );
  const floor = quantile(
    pairs.map((pair) => pair.floorMs),
    fraction,
  );
  return subject / floor;
}

function pairedRatioP25(pairs: readonly Pair[]): number {
  return quantile(
    pairs.map(({ floorMs, subjectMs }) => subjectMs / floorMs),
    0.25,
  );
}
