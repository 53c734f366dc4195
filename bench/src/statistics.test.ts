import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, MIN_PAIRS, type Pair, quantile, summarize } from "./statistics.ts";

function pairs(count: number, toPair: (index: number) => Pair): Pair[] {
  return Array.from({ length: count }, (_, index) => toPair(index));
}

/** One in five takes three times as long. */
function slow(index: number): Pair {
  return { floorMs: 10, subjectMs: index % 5 === 0 ? 30 : 10 };
}

function farOver(): Pair {
  return { floorMs: 1, subjectMs: 100 };
}

describe("a quantile", () => {
  test("is found whatever the order, and interpolated in between", () => {
    expect(quantile([30, 10, 20], 0.5)).toBe(20);
    expect(quantile([10, 20], 0.5)).toBe(15);
    expect(quantile([0, 10, 20, 30, 40], 0.9)).toBe(36);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test("lies between the least and the greatest value and never falls", () => {
    const value = fc.double({ min: 0, max: 1e6, noNaN: true });
    const values = fc.array(value, { minLength: 1 });
    fc.assert(
      fc.property(values, (all) => {
        const { p50, p90, p99 } = summarize(all);
        expect(p50).toBeGreaterThanOrEqual(Math.min(...all));
        expect(p90).toBeGreaterThanOrEqual(p50);
        expect(p99).toBeGreaterThanOrEqual(p90);
        expect(p99).toBeLessThanOrEqual(Math.max(...all));
      }),
    );
  });
});

describe("a comparison", () => {
  test("is red when the medians and three quarters of the pairs are over the bound", () => {
    const { verdict, ratio, pairedRatioP25 } = compare(
      pairs(MIN_PAIRS, () => ({ floorMs: 10, subjectMs: 14 })),
      { median: 1.3 },
    );
    expect({ verdict, ratio, pairedRatioP25 }).toEqual({ verdict: "red", ratio: 1.4, pairedRatioP25: 1.4 });
  });

  test("is green at the bound", () => {
    const same = pairs(MIN_PAIRS, () => ({ floorMs: 10, subjectMs: 13 }));
    expect(compare(same, { median: 1.3 }).verdict).toBe("green");
  });

  test("is green when only the medians are over, as in a run that a burst disturbed", () => {
    const disturbed = pairs(MIN_PAIRS, (index) => ({ floorMs: 10, subjectMs: index % 5 < 3 ? 20 : 10 }));
    const { verdict, ratio, pairedRatioP25 } = compare(disturbed, { median: 1.3 });
    expect({ verdict, ratio, pairedRatioP25 }).toEqual({ verdict: "green", ratio: 2, pairedRatioP25: 1 });
  });

  test("has its own bound for the tail, which one half of the run alone does not break", () => {
    expect(compare(pairs(MIN_PAIRS, slow), { median: 1.3, p90: 1.5 }).verdict).toBe("red");
    expect(compare(pairs(MIN_PAIRS, slow), { median: 1.3 }).verdict).toBe("green");
    const inOneHalf = pairs(MIN_PAIRS, (index) =>
      index < MIN_PAIRS / 2 ? slow(index % 3) : { floorMs: 10, subjectMs: 10 },
    );
    const compared = compare(inOneHalf, { median: 1.3, p90: 1.5 });
    expect(compared.p90Ratio).toBeGreaterThan(1.5);
    expect(compared.verdict).toBe("green");
  });

  test("decides nothing with too few pairs or without a bound", () => {
    expect(compare(pairs(MIN_PAIRS - 1, farOver), { median: 1.3 }).verdict).toBe("too few pairs");
    expect(compare(pairs(MIN_PAIRS, farOver)).verdict).toBe("no bound");
  });
});
