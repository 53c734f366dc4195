import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";

const run = promisify(execFile);

/** As a reader would: the compiled program, in a process of its own, with the packages that were built. */
async function runExample(path: string): Promise<string> {
  const { stdout } = await run(process.execPath, [new URL(`../${path}`, import.meta.url).pathname], {
    env: { ...process.env, INCUS_SOCKET: inject("incusSocket") },
  });
  return stdout;
}

describe("the examples run", () => {
  test("run-a-command", async () => {
    expect(await runExample("dist/run-a-command.js")).toContain("Debian GNU/Linux 12");
  });

  test("stream-output", async () => {
    expect(await runExample("dist/stream-output.js")).toBe("1\n2\n3\nended with 137\n");
  });

  test("run-a-job", async () => {
    expect(await runExample("dist/run-a-job.js")).toBe("step 1\nstep 2\nstep 3\nended with 4\n");
  });

  test("prepare-a-sandbox", async () => {
    expect(await runExample("dist/prepare-a-sandbox.js")).toBe("hello box from pixel\n");
  });

  test("plain-javascript", async () => {
    expect(await runExample("src/plain-javascript.mjs")).toBe(
      "to stdout with exit code 3\nWORKING_DIRECTORY_NOT_FOUND\n",
    );
  });
});
