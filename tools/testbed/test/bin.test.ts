import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const folder = new URL("..", import.meta.url);

beforeAll(async () => {
  await run("node_modules/.bin/tsc", ["-b", "."], { cwd: folder });
}, 120_000);

async function runInTestbed(...command: readonly string[]): Promise<string> {
  return (await run(process.execPath, ["dist/bin.js", "--", ...command], { cwd: folder })).stdout.trim();
}

test("a command gets a daemon with the image, which ends with it", { timeout: 600_000 }, async () => {
  const [socketPath = "", aliases = ""] = (
    await runInTestbed(
      "sh",
      "-c",
      'echo "$PIXELS_INCUS_SOCKET"; incus image alias list --format csv --columns a',
    )
  ).split("\n");
  expect(socketPath).toMatch(/unix\.socket$/);
  expect(aliases).toContain("debian/12");
  expect(existsSync(socketPath)).toBe(false);
});

test("the command's exit code is the testbed's", { timeout: 600_000 }, async () => {
  await expect(runInTestbed("sh", "-c", "exit 7")).rejects.toMatchObject({ code: 7 });
});
