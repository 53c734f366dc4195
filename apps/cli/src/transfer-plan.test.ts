import { describe, expect, test } from "vitest";
import { type PathKind, planTransfer, type TransferEnd } from "./transfer-plan.ts";

const file = (path: string): TransferEnd => ({ path, kind: "other" });
const directory = (path: string): TransferEnd => ({ path, kind: "directory" });
const missing = (path: string): TransferEnd => ({ path, kind: "missing" });

describe("into a directory that is there, under the source's name", () => {
  test.each([
    ["a/file", "/srv", "/srv/file"],
    ["a/file", "/srv/", "/srv/file"],
    ["file", ".", "file"],
    ["/srv/tree/", "here", "here/tree"],
    ["-rf", "/srv", "/srv/-rf"],
    ["tree/.", "/srv", "/srv"],
    ["..", "/srv", "/srv"],
    ["/", "here", "here"],
  ])("%j to %j is %j", (from, to, expected) => {
    expect(planTransfer([file(from)], directory(to))).toEqual([{ from, to: expected }]);
  });

  test("each of several", () => {
    expect(planTransfer([file("a"), directory("b/c")], directory("/srv"))).toEqual([
      { from: "a", to: "/srv/a" },
      { from: "b/c", to: "/srv/c" },
    ]);
  });
});

test.each([
  [file("a"), missing("/srv/b")],
  [file("a"), file("/srv/b")],
  [directory("a"), missing("/srv/b")],
  [directory("a"), missing("/srv/b/")],
])("else under that very name: %j to %j", (source, target) => {
  expect(planTransfer([source], target)).toEqual([{ from: source.path, to: target.path }]);
});

test.each<[readonly TransferEnd[], PathKind, string]>([
  [[file("a"), file("b")], "missing", "/srv/b"],
  [[file("a"), file("b")], "other", "/srv/b"],
  [[file("a")], "missing", "/srv/b/"],
  [[file("a")], "other", "/srv/b/"],
  [[file("x/a"), file("y/a")], "directory", "/srv"],
])("refused: %j to what is %s at %j", (sources, kind, path) => {
  expect(() => planTransfer(sources, { path, kind })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", next: expect.stringMatching(/./) }),
  );
});
