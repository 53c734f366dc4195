import { InvalidArgumentError } from "./errors.ts";

/** What a size looks like, to complete "expected …". */
export const SIZE_FORM = "a size such as 2GiB or 512MiB, or a number of MiB";

const MIB = 1024 ** 2;
const unitBytes: Readonly<Record<string, number>> = {
  "": MIB,
  b: 1,
  kib: 1024,
  mib: MIB,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};
const pattern = /^(\d+(?:\.\d+)?) ?((?:b|kib|mib|gib|tib)?)$/i;

/**
 * Reads a size as bytes: a number with one of the units B, KiB, MiB, GiB and TiB, such as `2GiB` or `1.5 GiB`, or a plain number of MiB.
 * Throws INVALID_ARGUMENT, also for nothing at all, for parts of a byte and for the decimal units (GB), which mean another size.
 */
export function parseSize(text: string): number {
  const bytes = readSize(text);
  if (bytes === undefined)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a size; expected ${SIZE_FORM}`, {
      next: "use the units B, KiB, MiB, GiB and TiB; a number alone counts MiB",
    });
  return bytes;
}

/** As `parseSize`, but answers undefined where the text is no size. */
export function readSize(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, count = "", unit = ""] = match;
  const bytes = Number(count) * (unitBytes[unit.toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}
