import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { checks } from "./finding.ts";

test("docs/doctor.md has a row for each check, in its order and words", async () => {
  const text = await readFile(new URL("../../../../docs/doctor.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(([, id, what]) => [id, what]);
  expect(rows).toEqual(Object.entries(checks));
});
