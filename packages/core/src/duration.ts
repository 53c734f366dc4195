import { InvalidArgumentError } from "./errors.ts";

/** What a duration looks like, to complete "expected …". */
export const DURATION_FORM = "a duration such as 90s, 1h30m or 250ms";

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const pattern = /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/;
const part = /(\d+(?:\.\d+)?)(ms|[dhms])/g;

/**
 * Reads a duration as milliseconds: numbers with the units d, h, m, s and ms, the largest unit first and each at most once, such as
 * `90s`, `1h30m` or `1.5h`; `0` alone needs no unit. Throws INVALID_ARGUMENT, also for parts of a millisecond.
 */
export function parseDuration(text: string): number {
  const durationMs = readDuration(text);
  if (durationMs === undefined)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a duration; expected ${DURATION_FORM}`, {
      next: "use the units d, h, m, s and ms, the largest first",
    });
  return durationMs;
}

/** As `parseDuration`, but answers undefined where the text is no duration. */
export function readDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!pattern.test(text)) return undefined;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [, count = "", unit = ""] of text.matchAll(part)) {
    const scale = unitMs[unit] ?? Number.NaN;
    if (!(scale < smallest)) return undefined;
    smallest = scale;
    total += toWhole(Number(count) * scale);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Removes the error of a binary fraction (1.1 * 1000); what is no whole number even so becomes NaN. */
function toWhole(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-6 ? whole : Number.NaN;
}
