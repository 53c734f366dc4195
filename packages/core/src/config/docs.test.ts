import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type ConfigKey, configKeys, environmentNames } from "./keys.ts";

const page = new URL("../../../../docs/configuration.md", import.meta.url);

/** A key's row in docs/configuration.md, as its cells. */
function toCells(key: ConfigKey): string[] {
  const byDefault = key.default === undefined ? (key.unset ?? "–") : `\`${JSON.stringify(key.default)}\``;
  return [
    `\`${key.path}\``,
    byDefault,
    environmentNames(key)
      .map((name) => `\`${name}\``)
      .join(", "),
    key.description,
  ];
}

test("docs/configuration.md has a row for every key, in the table's order and words", async () => {
  const rows = (await readFile(page, "utf8"))
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(configKeys.map(toCells));
});
