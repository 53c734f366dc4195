import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** A program to start, and variables that it gets besides PATH and a HOME without any configuration. */
export interface Program {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when the program has ended with 0 and its output was read; rejects with what it wrote otherwise. Its stdin is empty. */
export async function runProgram({ command, env }: Program): Promise<string> {
  const [program = "", ...args] = command;
  // nothing else is inherited: NODE_OPTIONS or NODE_EXTRA_CA_CERTS would be measured
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...env },
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${String(exitCode)}: ${stderr}`);
  return stdout;
}
