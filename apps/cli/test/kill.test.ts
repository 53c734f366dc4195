import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "@pixels/core/backend";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { exitCodes } from "../src/exit-codes.ts";
import { useCli } from "./support/bundle.ts";

/**
 * kill -9 at fifty moments, spread evenly over the time that each action takes here: of the command, and of a program on the library. After
 * the next command there is no instance that is half made or cannot be used, and no process of a command that nobody waits for.
 */
const socket = inject("incusSocket");
const cli = useCli({ PIXELS_INCUS_SOCKET: socket, PIXELS_DEFAULT_IMAGE: "debian/12" });
const api = openIncusApi({ socketPath: socket });
const libraryUser = new URL("support/library-user.mjs", import.meta.url).pathname;
const execScript = "setsid sleep 61701 & sleep 1; kill $!; exit 0";
const moments = { create: 20, start: 8, exec: 14, destroy: 8 } as const;
type Action = keyof typeof moments;
type User = "command" | "library";
const foreign = ["foreign-kill", "px-foreign-kill"];

beforeAll(async () => {
  for (const name of foreign)
    await api.instances.create({
      name,
      source: { type: "image", alias: "debian/12" },
      config: {},
      devices: { root: { type: "disk", path: "/", pool: "default" } },
      profiles: [],
    });
});

afterAll(async () => {
  for (const name of foreign) await api.instances.delete(name);
  await api[Symbol.asyncDispose]();
});

function startUser(user: User, action: Action, name: string): ChildProcess {
  const words = {
    create: ["create", name],
    start: ["start", name],
    exec: ["exec", name, "--", "sh", "-c", execScript],
    destroy: ["destroy", "--force", name],
  };
  const args = user === "command" ? [cli.bin, ...words[action]] : [libraryUser, socket, action, name];
  return spawn(process.execPath, args, { env: cli.env, stdio: "ignore" });
}

/** Puts the sandbox where the action starts from. */
async function prepare(action: Action, name: string): Promise<void> {
  const status = await readStatus(name);
  if (action === "create" && status !== undefined) await cli.mustRun(["destroy", "--force", name]);
  if (action !== "create" && status === undefined) await cli.mustRun(["create", name]);
  if (action === "start")
    await api.instanceState.put(`px-${name}`, { action: "stop", force: true }).catch(() => {});
  if (action === "exec" || action === "destroy") await cli.mustRun(["start", name]);
}

async function measure(user: User, action: Action, name: string): Promise<number> {
  await prepare(action, name);
  const startedAt = performance.now();
  const child = startUser(user, action, name);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${user} ${action} exited with ${code}`);
  return performance.now() - startedAt;
}

interface Row {
  readonly name: string;
  readonly status: string;
}

async function readStatus(name: string): Promise<string | undefined> {
  const { stdout } = await cli.mustRun(["list", "--json"]);
  const { sandboxes } = JSON.parse(stdout) as { readonly sandboxes: readonly Row[] };
  return sandboxes.find((row) => row.name === name)?.status;
}

/** The mark of the instance; "" where it has none, undefined where there is no instance. */
async function readState(name: string): Promise<string | undefined> {
  const instance = (await api.instances.list()).find((one) => one.name === `px-${name}`);
  return instance === undefined ? undefined : (instance.config["user.pixels.state"] ?? "");
}

/** What a next command may meet: nothing, or a sandbox that does what sandboxes do. */
async function expectNoGhost(name: string, when: string): Promise<void> {
  // a command of another test may have been faster to take it, and is removing it
  const there = await poll(
    async () => {
      const [status, state] = [await readStatus(name), await readState(name)];
      if (status === undefined && state === undefined) return false;
      return status !== undefined && state === "" ? true : undefined;
    },
    { what: `what is half made to go, ${when}`, timeoutMs: 20_000, intervalMs: 100 },
  );
  if (!there) return;
  // what the dead one had asked for may still be going on
  const { code, stderr } = await poll(
    async () => {
      const result = await cli.run(["start", name]);
      return result.code === exitCodes.SANDBOX_BUSY ? undefined : result;
    },
    { what: `the sandbox to be free, ${when}`, timeoutMs: 20_000, intervalMs: 100 },
  );
  if (code === exitCodes.SANDBOX_NOT_FOUND) {
    expect({ when, status: await readStatus(name) }).toEqual({ when, status: undefined });
    return;
  }
  if (code !== 0) throw new Error(`${when}, start exits with ${code}: ${stderr}`);
  const { stdout } = await cli
    .mustRun(["exec", "-v", name, "--", "echo", "usable"])
    .catch((error: unknown) => {
      throw new Error(`${when}, exec fails`, { cause: error });
    });
  expect({ when, stdout }).toEqual({ when, stdout: "usable\n" });
}

async function countOrphans(name: string): Promise<number> {
  const { stdout } = await cli.run(["exec", name, "--", "ps", "-eo", "args"]);
  return stdout.split("\n").filter((line) => line === "sleep 61701").length;
}

// at the same time, each on a sandbox of its own: most of it is waiting
describe.concurrent.each(["command", "library"] as const)("kill -9 of a user of the %s", (user) => {
  test.each(Object.keys(moments) as Action[])(
    "at moments of %s leaves no ghost and no orphan",
    async (action) => {
      const name = `kill-${user}-${action}`;
      await measure(user, action, name);
      // the first one takes longer than those that follow
      let durationMs = await measure(user, action, name);
      const outcomes = { killed: 0, late: 0 };
      for (let moment = 0; moment < moments[action]; moment++) {
        await prepare(action, name);
        const delayMs = (durationMs * (moment + 0.5)) / moments[action];
        const child = startUser(user, action, name);
        const startedAt = performance.now();
        const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
        // one that is over sooner tells how long they take by now
        void ended.then(([, signal]) => {
          if (signal === null) durationMs = Math.min(durationMs, performance.now() - startedAt);
        });
        await sleep(delayMs);
        child.kill("SIGKILL");
        const [, signal] = await ended;
        outcomes[signal === "SIGKILL" ? "killed" : "late"]++;
        const when = `${user} ${action} after ${delayMs.toFixed(0)} of ${durationMs.toFixed(0)} ms`;
        await expectNoGhost(name, when);
        if (action === "exec")
          await poll(async () => ((await countOrphans(name)) === 0 ? true : undefined), {
            what: `orphans to end, ${when}`,
            timeoutMs: 10_000,
            intervalMs: 100,
          });
      }
      expect(outcomes.killed).toBeGreaterThan(moments[action] / 2);
      await cli.mustRun(["destroy", "--force", name]);
    },
    180_000,
  );
});

test("what is not of pixels is left alone by all of this", async () => {
  const names = (await api.instances.list()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(foreign));
});
