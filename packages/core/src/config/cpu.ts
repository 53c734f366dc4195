import type { CpuLimit } from "../sandbox.ts";
import { InvalidArgumentError } from "../errors.ts";

/** What a limit of processors looks like, to complete "expected …". */
export const CPU_FORM = 'a number of cores such as "2", or the cores to pin to such as "0-3" or "0,2"';

const set = /^\d{1,5}(?:-\d{1,5})?(?:,\d{1,5}(?:-\d{1,5})?)*$/;

/** Reads a limit of processors: `2` shares two cores, `0-3` or `0,2` pins to those very cores. Throws INVALID_ARGUMENT. */
export function parseCpuLimit(text: string): CpuLimit {
  const limit = readCpuLimit(text);
  if (limit === undefined)
    throw new InvalidArgumentError(
      `${JSON.stringify(text)} is not a limit of processors; expected ${CPU_FORM}`,
      {
        next: 'to pin to one core, write a range of one, such as "2-2"',
      },
    );
  return limit;
}

/** As `parseCpuLimit`, but answers undefined where the text is none. */
export function readCpuLimit(text: string): CpuLimit | undefined {
  if (!set.test(text)) return undefined;
  if (/^\d+$/.test(text)) return Number(text) > 0 ? Number(text) : undefined;
  const ranges = text.split(",").map((range) => range.split("-").map(Number));
  return ranges.every(([first = 0, last = first]) => first <= last) ? { set: text } : undefined;
}
