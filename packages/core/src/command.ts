import { ArgumentTooLongError, InvalidArgumentError } from "./errors.ts";

/** A program and its arguments, handed over exactly as given: no shell reads them, nothing needs quoting. */
export type Command = readonly [program: string, ...args: string[]];

/** The longest argument or `NAME=value` pair, in bytes, that Linux takes (MAX_ARG_STRLEN less its closing NUL). */
export const MAX_ARGUMENT_BYTES = 131_071;
/**
 * All arguments and variables together, in bytes, with their closing NULs and the kernel's pointers to them: a quarter of the usual 8 MiB
 * stack (execve(2)), less room for the environment of a login.
 */
export const MAX_COMMAND_BYTES = 2_000_000;
const POINTER_BYTES = 8;

/** The explicit way to a shell: a command that has `sh` run the script. */
export function shell(script: string): Command {
  return ["sh", "-c", script];
}

/**
 * Checks that a kernel will take the command and its environment as they are.
 * Throws INVALID_ARGUMENT (empty program, NUL, half a surrogate pair, bad variable name) or ARGUMENT_TOO_LONG.
 */
export function checkCommand(command: Command, env: Readonly<Record<string, string>> = {}): void {
  if (typeof command[0] !== "string" || command[0] === "")
    throw new InvalidArgumentError("the command is empty", { next: "name a program, such as ls" });
  let total = 0;
  for (const [index, argument] of command.entries()) total += checkText(argument, `argument ${index}`);
  total += checkVariables(env);
  if (total > MAX_COMMAND_BYTES)
    throw new ArgumentTooLongError(
      `the command and its environment have ${total} bytes, more than the ${MAX_COMMAND_BYTES} that fit`,
      { next: "send the data by stdin or in a file" },
    );
}

/**
 * Checks that a kernel will take the variables, and gives the bytes that they need there. Throws INVALID_ARGUMENT or ARGUMENT_TOO_LONG, never with
 * a value in it.
 */
export function checkVariables(env: Readonly<Record<string, string>>): number {
  let total = 0;
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || name.includes("="))
      throw new InvalidArgumentError(`${JSON.stringify(name)} is not the name of an environment variable`, {
        next: "a name is not empty and has no = in it",
      });
    total += checkText(`${name}=${value}`, `the environment variable ${JSON.stringify(name)}`);
  }
  return total;
}

function checkText(text: string, what: string): number {
  if (text.includes("\0"))
    throw new InvalidArgumentError(`${what} has a NUL character in it, which no program can receive`);
  if (!text.isWellFormed())
    throw new InvalidArgumentError(`${what} is not well-formed Unicode: it has half of a surrogate pair`);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_ARGUMENT_BYTES)
    throw new ArgumentTooLongError(
      `${what} has ${bytes} bytes; Linux takes at most ${MAX_ARGUMENT_BYTES} in one`,
      { next: "send it by stdin or in a file" },
    );
  return bytes + 1 + POINTER_BYTES;
}
