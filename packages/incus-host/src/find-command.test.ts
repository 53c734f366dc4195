import { expect, test } from "vitest";
import { findCommand } from "./find-command.ts";

test("finds a program in the path given, and not what is missing", () => {
  expect(findCommand("sh", "/nowhere:/bin")).toBe("/bin/sh");
  expect(findCommand("no-such-program", "/bin")).toBeUndefined();
});

test("finds administrators' tools without their folder in the path", () => {
  expect(findCommand("ldconfig", "/nowhere")).toMatch(/sbin\/ldconfig$/);
});
