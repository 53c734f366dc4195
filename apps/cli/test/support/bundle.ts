import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { createCli, type Cli } from "./cli.ts";

/** The command as users run it: bundled for this test file alone, and with a home of its own. Call it at the top of the file. */
export function useCli(env: Readonly<Record<string, string>> = {}): Cli {
  let directory: string | undefined;
  let cli: Cli | undefined;
  const current = (): Cli => {
    if (cli === undefined) throw new Error("the command is not bundled yet: use it in a test or hook");
    return cli;
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pixels-cli-"));
    const build = join(import.meta.dirname, "../../build.mjs");
    await promisify(execFile)(process.execPath, [build, join(directory, "dist")]);
    cli = createCli({ bin: join(directory, "dist/bin.cjs"), home: directory, env });
  });
  afterAll(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true });
  });
  return {
    get bin() {
      return current().bin;
    },
    get env() {
      return current().env;
    },
    get home() {
      return current().home;
    },
    run: (args, options) => current().run(args, options),
    mustRun: (args, options) => current().mustRun(args, options),
    start: (args, options) => current().start(args, options),
  };
}
