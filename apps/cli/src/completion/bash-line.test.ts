import { expect, test } from "vitest";
import { readBashLine } from "./bash-line.ts";

const breaks = " \t\n\"'><=;|&(:";

test.each([
  ["pixels ", ["pixels"], "", ""],
  ["pixels  st", ["pixels"], "st", ""],
  ["pixels status '' ", ["pixels", "status", ""], "", ""],
  [String.raw`pixels push "a b" c\ d e`, ["pixels", "push", "a b", "c d"], "e", ""],
  [
    String.raw`pixels x 'a\b' "a\b\"c" a'b'"c"d `,
    ["pixels", "x", String.raw`a\b`, String.raw`a\b"c`, "abcd"],
    "",
    "",
  ],
  ["pixels create --from dev:la", ["pixels", "create", "--from"], "dev:la", "dev:"],
  ["pixels create --from=dev:la", ["pixels", "create"], "--from=dev:la", "--from=dev:"],
  ["pixels create --from=", ["pixels", "create"], "--from=", "--from="],
  // readline goes back to the quote that is open, and to no colon in it
  [`pixels create --from="dev:la`, ["pixels", "create"], "--from=dev:la", "--from="],
  ["pixels create --from 'dev:la", ["pixels", "create", "--from"], "dev:la", ""],
  [String.raw`pixels create --from dev\:la`, ["pixels", "create", "--from"], "dev:la", ""],
  ["pixels exec dev -- tar <in 2>/dev/null -x", ["pixels", "exec", "dev", "--", "tar"], "-x", ""],
  ["pixels exec dev -- cat 2>&1 x", ["pixels", "exec", "dev", "--", "cat"], "x", ""],
  [String.raw`pixels status \ `.trimEnd(), ["pixels", "status"], "", ""],
])("%s", (line, words, current, kept) => {
  expect(readBashLine(line, breaks)).toEqual({ words, current, kept, redirected: false });
});

test.each([
  "pixels list >",
  "pixels list > ",
  "pixels list >>fi",
  "pixels exec a -- b 2>fi",
  "pixels list <fi",
])("%s asks for a file", (line) => {
  expect(readBashLine(line, breaks).redirected).toBe(true);
});

test("without colons among the word breaks the whole word is replaced", () => {
  expect(readBashLine("pixels create --from=dev:la", " =")).toMatchObject({ kept: "--from=" });
  expect(readBashLine("pixels create --from=dev:la", " ")).toMatchObject({ kept: "" });
});
