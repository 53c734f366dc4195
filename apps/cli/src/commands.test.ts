import { Command } from "clipanion";
import { expect, test } from "vitest";
import { commandNames, loadAllCommands, loadCommand } from "./commands.ts";

test("each command answers to the words that load it", async () => {
  const all = await loadAllCommands();
  const words = all.flatMap(({ paths = [] }) => paths.filter((path) => path !== Command.Default)).flat();
  expect(words.toSorted()).toEqual([...commandNames].toSorted());
  for (const word of words.filter((one) => one !== "help"))
    expect((await loadCommand(word))?.paths).toContainEqual([word]);
});

test.each(["", "lst", "help", "toString", "__proto__", "constructor"])(
  "the word %j loads none",
  async (word) => {
    expect(await loadCommand(word)).toBeUndefined();
  },
);
