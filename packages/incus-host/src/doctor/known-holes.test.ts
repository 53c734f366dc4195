import { expect, test } from "vitest";
import { holesOf, knownHoles } from "./known-holes.ts";

const all = knownHoles.map(({ id }) => id);

test.each([
  ["6.0.4", all],
  ["6.21", all],
  ["6.22", all.filter((id) => id !== "CVE-2026-23954")],
  ["6.23", ["CVE-2026-40251", "CVE-2026-40243"]],
  ["7.0", []],
  ["7.0.1", []],
  ["10.2", []],
])("Incus %s has the holes %j", (version, holes) => {
  expect(holesOf(version)).toEqual(holes);
});
