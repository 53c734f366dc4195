import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { checkCommand, type Command, MAX_ARGUMENT_BYTES, MAX_COMMAND_BYTES, shell } from "./command.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
const tooLong = expect.objectContaining({ code: "ARGUMENT_TOO_LONG" });

function fillCommand(argument: string): Command {
  const count = Math.floor((MAX_COMMAND_BYTES - 100) / (Buffer.byteLength(argument) + 9));
  return ["true", ...Array<string>(count).fill(argument)];
}

describe("a command", () => {
  test.each<[Command]>([[["ls"]], [["ls", ""]], [["-x", "--"]], [["a b", "\n", "🦊", "$(id)"]]])(
    "may be %j",
    (command) => {
      expect(() => checkCommand(command)).not.toThrow();
    },
  );

  test.each<[string, Command]>([
    ["an empty program", [""]],
    ["no program", [] as unknown as Command],
    ["a NUL in the program", ["a\0"]],
    ["a NUL in an argument", ["a", "b\0c"]],
    ["half of a surrogate pair", ["a", "\ud83e"]],
  ])("may not have %s", (_what, command) => {
    expect(() => checkCommand(command)).toThrow(invalid);
  });

  test("may have arguments up to what Linux takes, counted in bytes", () => {
    expect(() => checkCommand(["a", "x".repeat(MAX_ARGUMENT_BYTES)])).not.toThrow();
    expect(() => checkCommand(["a", "x".repeat(MAX_ARGUMENT_BYTES + 1)])).toThrow(tooLong);
    expect(() => checkCommand(["a", "ü".repeat((MAX_ARGUMENT_BYTES + 1) / 2)])).toThrow(tooLong);
  });

  test.each(["a", "", "x".repeat(1000), "x".repeat(MAX_ARGUMENT_BYTES)])(
    "of the largest size is one that Linux starts (%#)",
    (argument) => {
      const command = fillCommand(argument);
      expect(() => checkCommand(command)).not.toThrow();
      const [program, ...args] = command;
      expect(spawnSync(program, args, { env: {} }).status).toBe(0);
      expect(() => checkCommand([...command, ...command.slice(0, 20), "x".repeat(2000)])).toThrow(tooLong);
    },
  );

  test("counts its environment", () => {
    const env = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`A${index}`, "x".repeat(100_000)]),
    );
    expect(() => checkCommand(["a"], env)).toThrow(tooLong);
  });
});

describe("an environment", () => {
  test.each(["A", "a.b", "with space", "1", "-x", "ä"])("may have a variable %j", (name) => {
    expect(() => checkCommand(["a"], { [name]: "any\nvalue=" })).not.toThrow();
  });

  test.each(["", "A=B", "=", "A\0", "\ud83e"])("may not have a variable %j", (name) => {
    expect(() => checkCommand(["a"], { [name]: "value" })).toThrow(invalid);
  });

  test("may not have a value that no program can receive, or that is too long with its name", () => {
    expect(() => checkCommand(["a"], { A: "\0" })).toThrow(invalid);
    expect(() => checkCommand(["a"], { A: "x".repeat(MAX_ARGUMENT_BYTES - 2) })).not.toThrow();
    expect(() => checkCommand(["a"], { A: "x".repeat(MAX_ARGUMENT_BYTES - 1) })).toThrow(tooLong);
  });
});

test("shell() has sh run the script", () => {
  expect(shell("echo $HOME | cat")).toEqual(["sh", "-c", "echo $HOME | cat"]);
});
