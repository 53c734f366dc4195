import { createSandboxClient, expectSuccess, type OwnedSandbox, shell } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  ensureSession,
  formatZmxInstall,
  installDetachCommand,
  listSessions,
  parseSessionName,
  planAttachSession,
  zmxRelease,
} from "../src/index.ts";

const client = createSandboxClient({ backend: incusBackend({ socket: inject("incusSocket") }) });
const size = { columns: 80, rows: 24 };
let sandbox: OwnedSandbox;

beforeAll(async () => {
  sandbox = await client.create({ name: "sessions", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

async function run(script: string): Promise<string> {
  return expectSuccess(await sandbox.exec(shell(script), { root: true })).stdout;
}

describe("a session", () => {
  test("is made once however many want it at the same time, and goes on without them", async () => {
    const name = parseSessionName("wanted");
    const ensure = () => ensureSession(sandbox, name, { root: false, size, env: {} });
    expect(await Promise.all(Array.from({ length: 6 }, ensure))).toEqual(Array(6).fill("tmux"));
    const only = [{ name: "wanted", state: "detached", clients: 0, exitCode: undefined }];
    expect(await listSessions(sandbox, { root: false })).toMatchObject(only);
    await run("tmux -L pixels send-keys -t =wanted: 'echo $((6 * 7)) >/tmp/answer' Enter");
    await expect.poll(() => run("cat /tmp/answer 2>/dev/null || true")).toBe("42\n");
    await ensure();
    expect(await listSessions(sandbox, { root: false })).toMatchObject(only);
  });

  test("outlives the command that it is shown by, however that ends", async () => {
    const name = parseSessionName("shown");
    const keeper = await ensureSession(sandbox, name, { root: false, size, env: {} });
    const state = async () =>
      (await listSessions(sandbox, { root: false })).find((session) => session.name === name)?.state;
    {
      await using shown = await sandbox.spawn(planAttachSession(name, keeper), { terminal: size });
      await expect.poll(state).toBe("attached");
      await shown.kill();
    }
    await expect.poll(state).toBe("detached");
  });

  test("has today's variables each time that it is made, and the server none of them", async () => {
    const name = parseSessionName("variables");
    const seen = async (): Promise<string> => {
      await run("rm -f /tmp/seen; tmux -L pixels send-keys -t =variables: 'echo $A+$B >/tmp/seen' Enter");
      await expect.poll(() => run("cat /tmp/seen 2>/dev/null || true")).not.toBe("");
      return await run("cat /tmp/seen");
    };
    await ensureSession(sandbox, name, { root: false, size, env: { A: "one two", B: "$(id)'\"" } });
    expect(await seen()).toBe("one two+$(id)'\"\n");
    expect(await run("tmux -L pixels show-environment -g")).not.toMatch(/^[AB]=/m);
    await run("tmux -L pixels kill-session -t =variables");
    await ensureSession(sandbox, name, { root: false, size, env: { B: "later" } });
    expect(await seen()).toBe("+later\n");
  });

  test("is refused variables that no shell has", async () => {
    const ensure = ensureSession(sandbox, parseSessionName("odd"), { root: false, size, env: { "A.B": "" } });
    await expect(ensure).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("the command detach", () => {
  test("is put where shells find it, and never over another one", async () => {
    await installDetachCommand(sandbox, {});
    expect(await run("stat -c '%a %U' /usr/local/bin/detach")).toBe("755 root\n");
    expect((await sandbox.exec(["detach"])).stderr).toBe("detach: this shell is in no persistent session\n");
    await run("echo mine >/usr/local/bin/detach");
    await installDetachCommand(sandbox, {});
    expect(await run("cat /usr/local/bin/detach")).toBe("mine\n");
    await run("rm /usr/local/bin/detach; mkdir /usr/local/bin/detach");
    await installDetachCommand(sandbox, {});
  });
});

async function install(release: Partial<typeof zmxRelease>) {
  const script = shell(formatZmxInstall({ ...zmxRelease, ...release }));
  const { status, stdout } = await sandbox.exec(script, { root: true });
  return { exitCode: status.exitCode, said: stdout.trim().split("\n").at(-1) };
}

function left(): Promise<string> {
  return run("ls -d /usr/local/bin/zmx* /tmp/tmp.* 2>/dev/null || true");
}

describe("the installer of zmx", () => {
  const site = "file:///srv/site";

  beforeAll(async () => {
    await run(
      `mkdir -p /srv/site && cd /srv && printf '#!/bin/sh\\necho stand-in\\n' >zmx && chmod 644 zmx && tar -czf site/zmx-0.7.0-linux-$(uname -m).tar.gz zmx`,
    );
  });

  test("knows the archives of both machines by their SHA-256", () => {
    expect(Object.keys(zmxRelease.archives)).toEqual(["x86_64", "aarch64"]);
    for (const sum of Object.values(zmxRelease.archives)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });

  test("says that a site cannot be reached, and leaves nothing behind", async () => {
    expect(await install({ site: "http://127.0.0.1:9/a" })).toMatchObject({
      exitCode: 1,
      said: expect.stringContaining(
        "could not be downloaded from http://127.0.0.1:9/a/zmx-0.7.0-linux-",
      ) as string,
    });
    expect(await left()).toBe("");
  });

  test("refuses another archive than the one that it knows, and leaves nothing behind", async () => {
    expect(await install({ site })).toMatchObject({
      exitCode: 1,
      said: expect.stringContaining("is not zmx 0.7.0") as string,
    });
    expect(await left()).toBe("");
  });

  test("has none for a machine that it does not know", async () => {
    expect(await install({ site, archives: { riscv64: "0" } })).toMatchObject({
      exitCode: 1,
      said: expect.stringContaining("there is no zmx for ") as string,
    });
  });

  test("puts the program there for every account, once", async () => {
    const machine = (await run("uname -m")).trim();
    const sum = (await run(`sha256sum /srv/site/zmx-0.7.0-linux-${machine}.tar.gz`)).slice(0, 64);
    const archives = { [machine]: sum };
    expect(await install({ site, archives })).toMatchObject({ exitCode: 0 });
    expect(await run("zmx; stat -c '%a %U' /usr/local/bin/zmx")).toBe("stand-in\n755 root\n");
    expect(await left()).toBe("/usr/local/bin/zmx\n");
    // not asked for again
    expect(await install({ site: "http://127.0.0.1:9/a", archives })).toMatchObject({ exitCode: 0 });
    await run("rm /usr/local/bin/zmx");
  });
});
