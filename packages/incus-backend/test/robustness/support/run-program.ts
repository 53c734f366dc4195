import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a program beside a test has said, a JSON value a line, and how it ended. */
export interface ProgramResult {
  readonly values: readonly Record<string, unknown>[];
  readonly code: number | null;
  readonly stderr: string;
}

export interface RunProgramOptions {
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program of this folder on the built packages, in a process of its own: its memory and descriptors are nobody else's. */
export async function runProgram(name: string, options: RunProgramOptions = {}): Promise<ProgramResult> {
  const { args = [], nodeArgs = [], env = {} } = options;
  const path = new URL(`../programs/${name}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [...nodeArgs, path, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const values: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) =>
    values.push(JSON.parse(line) as Record<string, unknown>),
  );
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (data: string) => (stderr += data));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { values, code, stderr };
}
