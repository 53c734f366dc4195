import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";
import { MIN_PAIRS } from "./statistics.ts";

const known = ["create", "exec"];

test("without arguments all rows run with enough pairs for a verdict", () => {
  expect(parseOptions([], known)).toMatchObject({ pairs: MIN_PAIRS, names: [], out: undefined, help: false });
});

test("rows are chosen by name, and pairs may be fewer", () => {
  expect(parseOptions(["exec", "--pairs", "5", "--out", "x"], known)).toMatchObject({
    pairs: 5,
    names: ["exec"],
    out: "x",
  });
});

test("an unknown row is refused with the names of all", () => {
  expect(() => parseOptions(["exce"], known)).toThrow('there is no row "exce"; there are: create, exec');
});

test.each(["0", "-1", "1.5", "many", ""])("%j pairs are refused", (pairs) => {
  expect(() => parseOptions([`--pairs=${pairs}`], known)).toThrow("is not a number of pairs");
});
