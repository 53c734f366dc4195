import { describe, expect, test } from "vitest";
import { checkEnvironment, mergeEnvironment } from "./environment-file.ts";

describe("what /etc/environment holds", () => {
  test.each([
    "",
    " ",
    "a b",
    `"`,
    `'`,
    `"a"`,
    `it's "so"`,
    "a\\",
    "$HOME",
    "`id`",
    "a=b",
    "ü",
    "\t",
    "x;y|z&",
  ])("%j", (value) => {
    expect(() => checkEnvironment({ NAME: value })).not.toThrow();
  });

  test("a value that fills a line", () => {
    expect(() => checkEnvironment({ N: "x".repeat(8186) })).not.toThrow();
    expect(() => checkEnvironment({ N: "x".repeat(8187) })).toThrow("8191");
  });
});

describe("what it cannot hold is refused without the value", () => {
  test.each([
    ["NAME", "secret#1"],
    ["NAME", "secret\n1"],
    ["NAME", "secret\r1"],
    ["NAME", "secret\u00001"],
    ["A-B", "secret"],
    ["1A", "secret"],
    ["", "secret"],
    ["A B", "secret"],
    ["HOME", "secret"],
    ["UID", "secret"],
    ["BASH_ENV", "secret"],
    ["OPTIND", "secret"],
    ["px_line", "secret"],
  ])("%s=%j", (name, value) => {
    try {
      checkEnvironment({ [name]: value });
      expect.fail("it was taken");
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(String(error)).not.toContain("secret");
    }
  });
});

test("variables take the place of those of the same names, and all else stays", () => {
  const text = ['PATH="/bin"', "# A=1", "A=old", "  export A=older", "AB=2", "no variable", ""].join("\n");
  expect(mergeEnvironment(text, { A: 'n"w', C: "" })).toBe(
    ['PATH="/bin"', "# A=1", "AB=2", "no variable", 'A="n"w"', 'C=""', ""].join("\n"),
  );
  expect(mergeEnvironment("A=1", {})).toBe("A=1\n");
  expect(mergeEnvironment("", { A: "1" })).toBe('A="1"\n');
});

test("merging again changes nothing", () => {
  const env = { A: "1", B: "two" };
  const once = mergeEnvironment("X=y\n", env);
  expect(mergeEnvironment(once, env)).toBe(once);
});
