import { Command } from "clipanion";
import { expect, test } from "vitest";
import { commandNames, loadAllCommands, loadCommands } from "./commands.ts";

test("each command answers to the words that load it", async () => {
  const all = await loadAllCommands();
  const paths = all.flatMap(({ paths: own = [] }) => own.filter((path) => path !== Command.Default));
  const words = new Set(paths.map(([word = ""]) => word));
  expect([...words].toSorted()).toEqual([...commandNames, "help"].toSorted());
  for (const path of paths.filter(([word]) => word !== "help")) {
    const loaded = await loadCommands(path[0] ?? "");
    expect(loaded.flatMap((command) => command.paths ?? [])).toContainEqual(path);
  }
});

test("a word with sub-commands has a command of its own, that tells them", async () => {
  const loaded = await loadCommands("cp");
  expect(loaded).toEqual(await loadCommands("checkpoint"));
  expect(loaded.map((command) => command.paths?.[0]?.join(" "))).toEqual([
    "checkpoint",
    "checkpoint create",
    "checkpoint list",
    "checkpoint restore",
    "checkpoint delete",
  ]);
});

test.each(["", "lst", "toString", "__proto__", "constructor"])("the word %j loads none", async (word) => {
  expect(await loadCommands(word)).toEqual([]);
});
