import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configKeys } from "./keys.ts";
import { editDistance, nearest, nearestKey } from "./nearest.ts";

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["kitten", "sitting", 3],
    ["socket", "sokcet", 1],
    ["memory", "memroy", 1],
  ])("%j and %j are %i apart", (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits);
  });

  test("is the same both ways and never more than the longer text", () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (from, to) => {
        const edits = editDistance(from, to);
        expect(editDistance(to, from)).toBe(edits);
        expect(edits).toBeLessThanOrEqual(Math.max(from.length, to.length));
        expect(edits === 0).toBe(from === to);
      }),
    );
  });
});

describe("nearestKey", () => {
  const paths = configKeys.map(({ path }) => path);

  test.each([
    ["incus.sockt", "incus.socket"],
    ["defaults.memroy", "defaults.memory"],
    ["memory", "defaults.memory"],
    ["default.image", "defaults.image"],
    ["network.endpoint_path", "mcp.endpoint_path"],
    ["truenas.apikey", "truenas.api_key"],
    ["bakend", "backend"],
  ])("takes %s for %s", (typed, meant) => {
    expect(nearestKey(typed, paths)).toBe(meant);
  });

  test("finds every key with one letter missing", () => {
    for (const path of paths) {
      const place = path.length - 2;
      expect(nearestKey(path.slice(0, place) + path.slice(place + 1), paths)).toBe(path);
    }
  });
});

test("nearest answers undefined where there is nothing to choose from", () => {
  expect(nearest("a", [])).toBeUndefined();
});
