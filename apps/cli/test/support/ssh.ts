import { execFile, spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cli } from "./cli.ts";

export interface SshResult {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** `ssh -F` with the settings that a command has printed. */
export async function ssh(
  cli: Cli,
  block: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<SshResult> {
  return await runWith(cli, block, ["ssh", ...args], env);
}

/** The same for scp, sftp or another program of OpenSSH, and with something to read on stdin. */
export async function runWith(
  cli: Cli,
  block: string,
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin = "",
): Promise<SshResult> {
  const child = spawn(program, ["-F", await keep(cli, block), "-o", "BatchMode=yes", ...args], {
    env: { ...cli.env, ...env },
  });
  const chunks = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => void (chunks[stream] += text));
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const code = await new Promise<unknown>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, ...chunks };
}

/** A file with these settings. */
export async function keep(cli: Cli, block: string): Promise<string> {
  const file = join(await mkdtemp(join(cli.home, "ssh-")), "config");
  await writeFile(file, block);
  return file;
}

/** A new key without a passphrase: the path of its private half. */
export async function makeKey(path: string): Promise<string> {
  await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
  return path;
}
