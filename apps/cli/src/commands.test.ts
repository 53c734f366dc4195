import { Command } from "clipanion";
import { expect, test } from "vitest";
import { commandNames, loadAllCommands, loadCommand } from "./commands.ts";

test("each command answers to the words that load it", async () => {
  const all = await loadAllCommands();
  const words = all.flatMap(({ paths = [] }) => paths.filter((path) => path !== Command.Default)).flat();
  expect(words.toSorted()).toEqual([...commandNames].toSorted());
  for (const word of words) expect((await loadCommand(word))?.paths, word).toContainEqual([word]);
});

test("no other word loads a command", async () => {
  for (const word of ["", "lst", "toString", "__proto__", "constructor"])
    expect(await loadCommand(word), word).toBeUndefined();
});
