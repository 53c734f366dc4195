import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration } from "./duration.ts";
import { InvalidArgumentError } from "./errors.ts";

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

describe("parseDuration", () => {
  test.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    ["1m", 60_000],
    ["2d", 172_800_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["1.5h", 5_400_000],
    ["1.1s", 1100],
    ["0s", 0],
    ["0", 0],
  ])("reads %s as %i ms", (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  test.each([
    "",
    " ",
    "90",
    "s",
    "1 h",
    " 1h",
    "1h ",
    "-1h",
    "+1h",
    "1H",
    "1w",
    "1h1h",
    "30m1h",
    "1ms1s",
    "1.h",
    ".5h",
    "1e3s",
    "1h,30m",
    "0.5ms",
    "Infinitys",
    "99999999999999999d",
    "1h\n",
    "٣s",
  ])("refuses %j and says what is expected", (text) => {
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
    expect(() => parseDuration(text)).toThrow(/expected a duration such as 90s/);
  });

  test("adds up whole numbers of units, the largest first", () => {
    const counts = fc.tuple(...units.map(() => fc.option(fc.nat({ max: 100_000 }), { nil: undefined })));
    fc.assert(
      fc.property(counts, (given) => {
        fc.pre(given.some((count) => count !== undefined));
        const parts = units.flatMap(([unit, scale], index) => {
          const count = given[index];
          return count === undefined ? [] : [{ text: `${count}${unit}`, durationMs: count * scale }];
        });
        const text = parts.map((part) => part.text).join("");
        expect(parseDuration(text)).toBe(parts.reduce((sum, part) => sum + part.durationMs, 0));
        if (parts.length > 1)
          expect(() =>
            parseDuration(
              parts
                .map((part) => part.text)
                .toReversed()
                .join(""),
            ),
          ).toThrow(InvalidArgumentError);
      }),
    );
  });

  test("answers any text with whole milliseconds or with INVALID_ARGUMENT", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.dhms -]{0,12}$/));
    fc.assert(
      fc.property(text, (input) => {
        try {
          const durationMs = parseDuration(input);
          expect(Number.isSafeInteger(durationMs) && durationMs >= 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgumentError);
        }
      }),
    );
  });
});
