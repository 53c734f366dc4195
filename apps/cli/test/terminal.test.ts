import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { onTerminal } from "./support/terminal.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-terminal";

beforeAll(async () => {
  await cli.mustRun(["create", name]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

describe("destroy on a terminal", () => {
  test.each([
    ["n\n", 1],
    ["\n", 1],
    ["\u0004", 1],
    ["\u0003", 130],
  ])("keeps the sandbox where the answer is %j", async (answer, expected) => {
    const { code, screen } = await onTerminal(cli, ["destroy", name], { prompt: "[y/N]", answer });
    expect(screen).toContain(`Destroy ${name}`);
    expect(code).toBe(expected);
    expect((await cli.run(["list"])).stdout).toContain(name);
  });
});

test("exec without -i does not read from the terminal, and ends by itself", async () => {
  const { code, screen } = await onTerminal(cli, ["exec", name, "--", "sh", "-c", "cat; echo done"]);
  expect({ code, screen }).toEqual({ code: 0, screen: "done\r\n" });
});

test("exec -i reads lines from the terminal until Ctrl-D", async () => {
  const { code, screen } = await onTerminal(
    cli,
    ["exec", "-i", name, "--", "sh", "-c", "echo ready; cat; echo done"],
    {
      prompt: "ready",
      answer: "typed\n\u0004",
    },
  );
  expect(code).toBe(0);
  expect(screen).toMatch(/ready\r\n[^]*typed\r\n[^]*done\r\n$/);
});

test("Ctrl-C on the terminal ends a command with 130", async () => {
  const { code } = await onTerminal(cli, ["exec", name, "--", "sh", "-c", "echo ready; sleep 71711"], {
    prompt: "ready",
    answer: "\u0003",
  });
  expect(code).toBe(130);
  expect((await cli.run(["exec", name, "--", "ps", "-eo", "args"])).stdout).not.toContain("71711");
});

test("progress is a spinner that is gone in the end", async () => {
  const { code, screen } = await onTerminal(cli, ["stop", name]);
  expect(code).toBe(0);
  expect(screen).toContain(`stop ${name}: stopping`);
  // the last thing before the result takes the line back
  expect(screen).toMatch(new RegExp(`\\r\\u001B\\[K${name} stopped\\r\\n$`));
  expect(await onTerminal(cli, ["start", name])).toMatchObject({ code: 0 });
});

test("the progress of a push is files and bytes on one line, which is gone in the end", async () => {
  const large = join(cli.home, "large");
  await writeFile(large, "");
  await truncate(large, 100 * 2 ** 20);
  const { code, screen } = await onTerminal(cli, ["push", name, large, "/srv/large"]);
  expect(code).toBe(0);
  expect(screen).toMatch(new RegExp(`push ${name}: 0 files, [\\d.]+ [KM]iB`));
  const [last] = screen.split("\r\u001B[K").slice(-1);
  expect(last).toMatch(/^1 file, 100 MiB in [^\r\n]*\r\n$/);
});

test("destroys where the answer is yes", async () => {
  const { code, screen } = await onTerminal(cli, ["destroy", name], { prompt: "[y/N]", answer: "y\n" });
  expect(code).toBe(0);
  expect(screen).toContain(`${name} destroyed`);
  expect((await cli.run(["list"])).stdout).not.toContain(name);
});
