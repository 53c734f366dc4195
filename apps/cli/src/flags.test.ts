import { parseSize } from "@pixels/core";
import { describe, expect, test } from "vitest";
import { readEnvironment, readFlag } from "./flags.ts";

describe("readFlag", () => {
  test("gives what the parser gives, and nothing for a flag that was not given", () => {
    expect(readFlag("--memory", "2GiB", parseSize)).toBe(2 * 1024 ** 3);
    expect(readFlag("--memory", undefined, parseSize)).toBeUndefined();
  });

  test("names the flag of a bad value", () => {
    expect(() => readFlag("--memory", "2GB", parseSize)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^--memory: "2GB"/),
      }),
    );
  });
});

describe("readEnvironment", () => {
  test("takes everything after the first = as the value", () => {
    expect(readEnvironment(["A=1", "B=x=y", "C="], {})).toEqual({ A: "1", B: "x=y", C: "" });
  });

  test("passes the host's value on, and skips what the host does not have", () => {
    expect(readEnvironment(["A", "B"], { A: "host" })).toEqual({ A: "host" });
  });

  test("the last one of a name counts", () => {
    expect(readEnvironment(["A=1", "A=2"], {})).toEqual({ A: "2" });
  });

  test("refuses a value without a name", () => {
    expect(() => readEnvironment(["=1"], {})).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
