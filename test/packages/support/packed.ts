import { execFile } from "node:child_process";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "../../..");

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What is left of this run's environment for a consumer's program, which is told nothing of its vitest. */
export const consumerEnv: NodeJS.ProcessEnv = { PATH: process.env["PATH"], CI: "1", NO_COLOR: "1" };

/** What the program prints; one that fails shows all that it said. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env }: RunOptions,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = execFile(program, args, { cwd, env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`));
    });
    // some read it to its end, which a pipe that nobody closes does not have
    child.stdin?.end();
  });
}

/** Packs a package as it is published; gives the tarball's path. */
export async function pack(path: string, folder: string): Promise<string> {
  const output = await run("pnpm", ["-C", path, "pack", "--json", "--pack-destination", folder], {
    cwd: repository,
    env: process.env,
  });
  return (JSON.parse(output) as { filename: string }).filename;
}

/** npm's install into a folder, or as a global one into a prefix. */
export async function install(
  folder: string,
  names: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  // the folder is named, as an npm that this run was started by says where else it would install to
  const flags = ["--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline", ...options];
  await run("npm", ["install", ...flags, ...names], { cwd: folder, env: process.env });
}
