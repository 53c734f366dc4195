import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { listInstances } from "./support/server.ts";

const socket = inject("incusSocket");
const cli = useCli({ PIXELS_INCUS_SOCKET: socket, PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-interrupts";

beforeAll(async () => {
  await cli.mustRun(["create", name]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

async function remoteProcesses(): Promise<string> {
  return (await cli.run(["exec", name, "--", "ps", "-eo", "args"])).stdout;
}

describe("Ctrl-C during exec", () => {
  test("sends INT to every process of the command and exits with 130", async () => {
    const script =
      'trap "echo caught; exit 3" INT; env --default-signal=INT setsid sleep 61611 & echo ready; wait';
    const { child, result, sees } = cli.start(["exec", name, "--", "sh", "-c", script], { keepOpen: true });
    await sees("stdout", "ready");
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, signal: null, stdout: "ready\ncaught\n", stderr: "" });
    expect(await remoteProcesses()).not.toContain("61611");
  });

  test("kills a command that does not listen, after two seconds", async () => {
    const script = 'trap "" INT; echo ready; sleep 61612';
    const { child, result, sees } = cli.start(["exec", name, "--", "sh", "-c", script]);
    await sees("stdout", "ready");
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130 });
    expect(await remoteProcesses()).not.toContain("61612");
  });

  test("kills it at the second Ctrl-C", async () => {
    const script = 'trap "echo heard" INT; echo ready; while :; do sleep 61613; done';
    const { child, result, sees } = cli.start(["exec", name, "--", "sh", "-c", script]);
    await sees("stdout", "ready");
    child.kill("SIGINT");
    await sees("stdout", "heard");
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130 });
    expect(await remoteProcesses()).not.toContain("61613");
  });

  test("TERM is passed on as TERM", async () => {
    const script = 'trap "echo ended; exit 0" TERM; echo ready; while :; do sleep 0.1; done';
    const { child, result, sees } = cli.start(["exec", name, "--", "sh", "-c", script]);
    await sees("stdout", "ready");
    child.kill("SIGTERM");
    expect(await result).toMatchObject({ code: 143, stdout: "ready\nended\n" });
  });

  test("with --json it is a document", async () => {
    const { child, result } = cli.start(["exec", "--json", name, "--", "sleep", "61614"]);
    while (!(await remoteProcesses()).includes("61614")) await sleep(20);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await result;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ schema: 1, error: { code: "INTERRUPTED" } });
  });

  test("a killed pixels leaves no process in the sandbox", async () => {
    const { child, result, sees } = cli.start([
      "exec",
      name,
      "--",
      "sh",
      "-c",
      "echo ready; setsid sleep 61615",
    ]);
    await sees("stdout", "ready");
    child.kill("SIGKILL");
    expect(await result).toMatchObject({ signal: "SIGKILL" });
    await expect.poll(remoteProcesses, { timeout: 20_000 }).not.toContain("61615");
  });
});

describe.each(["creating", "starting", "booting"])("a create that ends while it is %s", (phase) => {
  const made = `cli-${phase}`;

  test("by Ctrl-C leaves nothing and exits with 130", async () => {
    const { child, result, sees } = cli.start(["create", made]);
    await sees("stderr", `create ${made}: ${phase}`);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await result;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/pixels: interrupted [^\n]*\n$/);
    expect(await listInstances(socket)).not.toContain(`px-${made}`);
  });

  test.each([0, 40, 250])(
    "by kill -9, %d ms later, leaves nothing after the next command",
    async (delayMs) => {
      const { child, result, sees } = cli.start(["create", made]);
      await sees("stderr", `create ${made}: ${phase}`);
      await sleep(delayMs);
      child.kill("SIGKILL");
      await result;
      const { stdout } = await cli.mustRun(["list", "--json"]);
      const { sandboxes } = JSON.parse(stdout) as {
        readonly sandboxes: readonly { name: string; status: string }[];
      };
      const row = sandboxes.find((sandbox) => sandbox.name === made);
      expect((await listInstances(socket)).includes(`px-${made}`)).toBe(row !== undefined);
      // one that was ready before the signal came is not half made
      expect(row?.status ?? "gone").toMatch(/^(?:gone|running)$/);
      if (row !== undefined) await cli.mustRun(["destroy", "--force", made]);
    },
  );
});

test("after a kill -9 the same name can be created at once", async () => {
  const made = "cli-again";
  const { child, result, sees } = cli.start(["create", made]);
  await sees("stderr", `create ${made}: starting`);
  child.kill("SIGKILL");
  await result;
  expect(await cli.run(["create", made])).toMatchObject({ code: 0 });
  expect(await cli.run(["destroy", "--force", made])).toMatchObject({ code: 0 });
});

test("a create that goes on is left alone by the commands beside it", async () => {
  const made = "cli-living";
  const { result, sees } = cli.start(["create", made]);
  await sees("stderr", `create ${made}: creating`);
  for (const args of [["list"], ["exec", name, "--", "true"], ["list"]])
    expect(await cli.run(args)).toMatchObject({ code: 0 });
  expect(await result).toMatchObject({ code: 0 });
  expect(await cli.run(["exec", made, "--", "echo", "alive"])).toMatchObject({ stdout: "alive\n" });
  await cli.run(["destroy", "--force", made]);
});
