import { expect, test } from "vitest";
import { areSufficient, chooseRange, parseEnd, parseRanges } from "./id-ranges.ts";

const KERNEL_END = 4_294_967_295;
const ids = (root: string, end = KERNEL_END) =>
  ({ path: "/etc/subuid", root: parseRanges(root), end }) as const;

test("root's ranges count by name and by number, and no one else's", () => {
  expect(parseRanges("ann:100000:65536\nroot:1000000:1000000000\n0:5:6\nroots:1:2\n# root:7:8\n")).toEqual([
    { start: 1_000_000, count: 1_000_000_000 },
    { start: 5, count: 6 },
  ]);
});

test.each([
  ["         0          0 4294967295\n", KERNEL_END],
  ["         0    1000000 1000000000\n", 1_000_000_000],
  ["0 1000000 65536\n100000 5000000 1000000\n", 1_100_000],
])("the map %j ends at %d", (map, end) => {
  expect(parseEnd(map)).toBe(end);
});

test.each([
  ["root:1000000:1000000000", KERNEL_END, true],
  ["", KERNEL_END, false],
  ["root:100000:65536", KERNEL_END, false],
  // of a container that has fewer ids than the range says
  ["root:1000000:1000000000", 1_000_000_000, false],
  ["root:1000000:500000000", 1_000_000_000, true],
])("%j where ids end at %d is sufficient: %j", (root, end, sufficient) => {
  expect(areSufficient(ids(root, end))).toBe(sufficient);
});

test.each([
  [KERNEL_END, { start: 1_000_000, count: 1_000_000_000 }],
  [1_000_000_000, { start: 1_000_000, count: 999_000_000 }],
  [65_536, undefined],
])("where ids end at %d the range is %j, and does", (end, range) => {
  const chosen = chooseRange(ids("", end));
  expect(chosen).toEqual(range);
  if (chosen !== undefined) expect(areSufficient({ ...ids("", end), root: [chosen] })).toBe(true);
});
