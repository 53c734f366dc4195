import { describe, expect, test } from "vitest";
import { parseSessionName } from "./session-name.ts";

describe("the name of a session", () => {
  test.each(["console", "a", "Build-2", "a.b_c", "-x", "_", "...", "x".repeat(80)])("may be %j", (name) => {
    expect(parseSessionName(name)).toBe(name);
  });

  test.each(["", ".", "..", "a b", "a:b", "a/b", "ü", "a\n", "*", "=a", "x".repeat(81)])(
    "may not be %j",
    (name) => {
      expect(() => parseSessionName(name)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});
