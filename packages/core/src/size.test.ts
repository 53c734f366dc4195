import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidArgumentError } from "./errors.ts";
import { parseSize } from "./size.ts";

const units = [
  ["B", 1],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
  ["TiB", 1024 ** 4],
  ["", 1024 ** 2],
] as const;

describe("parseSize", () => {
  test.each([
    ["2GiB", 2_147_483_648],
    ["512MiB", 536_870_912],
    ["2048", 2_147_483_648],
    ["1.5 GiB", 1_610_612_736],
    ["0.5", 524_288],
    ["1tib", 1_099_511_627_776],
    ["4096B", 4096],
  ])("reads %s as %i bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    "",
    " ",
    "0",
    "0GiB",
    "-1",
    "+1",
    "2G",
    "2GB",
    "2 gigabytes",
    "GiB",
    "1.GiB",
    ".5GiB",
    "1e3",
    "0x10",
    "1_000",
    "2  GiB",
    " 2GiB",
    "2GiB\n",
    "0.1B",
    "9999999999TiB",
    "NaN",
    "Infinity",
    "1GiB512MiB",
  ])("refuses %j and says what is expected", (text) => {
    expect(() => parseSize(text)).toThrow(InvalidArgumentError);
    expect(() => parseSize(text)).toThrow(/expected a size such as 2GiB or 512MiB, or a number of MiB/);
  });

  test("reads a whole number of any unit, in any case, with a space or without", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8000 }),
        fc.constantFrom(...units),
        fc.boolean(),
        fc.boolean(),
        (count, [unit, bytes], space, upper) => {
          const text = `${count}${space && unit !== "" ? " " : ""}${upper ? unit.toUpperCase() : unit}`;
          expect(parseSize(text)).toBe(count * bytes);
        },
      ),
    );
  });

  test("answers any text with whole bytes or with INVALID_ARGUMENT", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9. ]{0,6}[KMGTi]{0,2}B?$/));
    fc.assert(
      fc.property(text, (input) => {
        try {
          const bytes = parseSize(input);
          expect(Number.isSafeInteger(bytes) && bytes > 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgumentError);
        }
      }),
    );
  });
});
