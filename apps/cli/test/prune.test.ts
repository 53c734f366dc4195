import { randomUUID } from "node:crypto";
import { currentOwner, formatOwner } from "@pixels/core/backend";
import { type IncusApi, openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import type { CliResult, RunOptions } from "./support/cli.ts";
import { startTestbed, type Testbed, TESTBED_IMAGE } from "./support/own-daemon.ts";
import { onTerminal } from "./support/terminal.ts";

const cli = useCli();
let daemon: Testbed;
let api: IncusApi;
const living = formatOwner(currentOwner());
// of this boot, but no process has started at its very beginning with that number
const dead = formatOwner({ ...currentOwner(), pid: 4_000_000 });
const instances = {
  "px-cli-half-made": { "user.pixels.state": "creating", "user.pixels.owner": dead },
  "px-cli-half-gone": { "user.pixels.state": "removing", "user.pixels.owner": dead },
  "px-sys-shrink-test": { "user.pixels.state": "creating", "user.pixels.owner": dead },
  "px-cli-being-made": { "user.pixels.state": "creating", "user.pixels.owner": living },
  "cli-foreign": { "user.pixels.state": "creating", "user.pixels.owner": dead },
} as const;
const abandoned = [
  { name: "cli-half-gone", doing: "destroy", begun_at: null },
  { name: "cli-half-made", doing: "create", begun_at: expect.stringMatching(/Z$/) },
];
const left = ["px-cli-being-made", "cli-foreign"];

function run(args: readonly string[], options?: RunOptions): Promise<CliResult> {
  return cli.run(args, { ...options, env: { PIXELS_INCUS_SOCKET: daemon.socketPath } });
}

async function answerPrune(answer: string) {
  const env = { ...cli.env, PIXELS_INCUS_SOCKET: daemon.socketPath };
  return await onTerminal({ ...cli, env }, ["prune"], { prompt: "[y/N]", answer });
}

async function findInstances(): Promise<readonly string[]> {
  const names = (await api.instances.list()).map(({ name }) => name);
  return names.filter((name) => Object.hasOwn(instances, name));
}

async function removeInstances(): Promise<void> {
  for (const name of await findInstances()) await api.instances.delete(name);
}

beforeAll(async () => {
  daemon = await startTestbed();
  api = openIncusApi({ socketPath: daemon.socketPath });
}, 600_000);

beforeEach(async () => {
  await removeInstances();
  for (const [name, config] of Object.entries(instances))
    await api.instances.create({
      name,
      source: { type: "none" },
      config: { "user.pixels.id": randomUUID(), ...config },
      devices: { root: { type: "disk", path: "/", pool: "default" } },
      profiles: [],
    });
});

afterEach(removeInstances);

afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

describe("prune", () => {
  test("--dry-run shows what nobody owns any more, and removes nothing", async () => {
    const shown = await run(["prune", "--dry-run"]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toMatch(
      /^NAME +IS +FOR +TO DO\ncli-half-gone +half removed +- +remove\ncli-half-made +half made +.+ +remove\n$/,
    );
    const { stdout } = await run(["prune", "--dry-run", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ schema: 1, abandoned, cleared: [] });
    expect(await findInstances()).toHaveLength(5);
  });

  test("without a terminal it needs --force, and says what it would have done", async () => {
    const { code, stdout, stderr } = await run(["prune"], { stdin: "y\n" });
    expect(code).toBe(10);
    expect(stdout).toContain("cli-half-made");
    expect(stderr).toContain("--force");
    expect(await findInstances()).toHaveLength(5);
  });

  test("--force removes it, and leaves alone what somebody is making and what is not ours", async () => {
    const { code, stdout } = await run(["prune", "--force", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ schema: 1, abandoned, cleared: ["cli-half-gone", "cli-half-made"] });
    expect((await findInstances()).toSorted()).toEqual(left.toSorted());
    expect(await run(["prune"])).toMatchObject({ code: 0, stdout: "nothing is left over\n", stderr: "" });
  });

  test("on a terminal it asks", async () => {
    const no = await answerPrune("n\n");
    expect(no).toMatchObject({ code: 1, screen: expect.stringContaining("nothing was cleared away") });
    expect(await answerPrune("\u0003")).toMatchObject({
      code: 130,
    });
    expect(await findInstances()).toHaveLength(5);
    const yes = await answerPrune("y\n");
    expect(yes).toMatchObject({ code: 0, screen: expect.stringContaining("cli-half-made cleared away") });
    expect((await findInstances()).toSorted()).toEqual(left.toSorted());
  });

  test("finishes a restore that was cut off", async () => {
    const name = "cli-cut-off";
    const env = { PIXELS_INCUS_SOCKET: daemon.socketPath, PIXELS_DEFAULT_IMAGE: TESTBED_IMAGE };
    await cli.mustRun(["create", name], { env });
    await cli.mustRun(["checkpoint", "create", name, "--label", "before"], { env });
    await cli.mustRun(["set", name, "--label", "team=web"], { env });
    const { child, result, sees } = cli.start(["checkpoint", "restore", name, "before"], { env });
    await sees("stderr", `checkpoint restore ${name}: restoring`);
    child.kill("SIGKILL");
    await result;
    const { stdout } = await run(["prune", "--dry-run"]);
    expect(stdout).toMatch(/^cli-cut-off +half restored +\S.* +finish$/m);
    const { cleared } = JSON.parse((await run(["prune", "--force", "--json"])).stdout) as Record<
      string,
      unknown
    >;
    expect(cleared).toContain(name);
    const status = await run(["status", name, "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ status: "stopped", labels: { team: "web" } });
    await cli.mustRun(["destroy", "--force", name], { env });
  });
});
