import { createSandboxClient, type OwnedSandbox, shell } from "@pixels/core";
import {
  planTerminalCommand,
  planTerminalLauncher,
  type ProcessChannel,
  TERMINAL_GO,
} from "@pixels/core/backend";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";
import { openIncusApi } from "../src/rest/index.ts";
import { countSleepers, waitUntilEmpty } from "./robustness/support/inside.ts";
import { openProxy } from "./robustness/support/proxy.ts";

const socket = inject("incusSocket");
// none waits, so that a cgroup belongs to a command
const backend = incusBackend({ socket, spareLaunchers: 0 });
const client = createSandboxClient({ backend });
const terminal = { columns: 80, rows: 24 };
let sandbox: OwnedSandbox;

beforeAll(async () => {
  sandbox = await client.create({ name: "terminal", source: { kind: "image", image: "debian/12" } });
  await sandbox.exec(["useradd", "--create-home", "--shell", "/bin/bash", "--groups", "users", "pixel"]);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

async function openAs(account: string, command: ReturnType<typeof shell>): Promise<ProcessChannel> {
  const spec = { id: `as-${account}`, command, env: {}, account, terminal };
  return await backend.exec.open(sandbox.name, spec, {});
}

async function read({ output }: ProcessChannel): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { data } of output) parts.push(data);
  return Buffer.concat(parts).toString().replaceAll("\r\n", "\n");
}

describe("an account's terminal", () => {
  test("is its own, and others may write to it as to any terminal", async () => {
    await using process = await openAs("pixel", shell('id -un; stat -c "%U %G %a" "$(tty)"; : >"$(tty)"'));
    expect(await read(process)).toBe("pixel\npixel tty 620\n");
    expect((await process.exit).exitCode).toBe(0);
  });

  test("is of the session that the command is in", async () => {
    await using process = await openAs("pixel", shell("ps -o tty=,tpgid= -p $$; ps -o pgid= -p $$; tty"));
    const [first = "", group = "", name = ""] = (await read(process)).split("\n");
    expect(first.trim().split(/\s+/)).toEqual([name.replace("/dev/", ""), group.trim()]);
  });

  test("has no signal ignored, and none of root's capabilities", async () => {
    await using process = await openAs("pixel", shell("grep -E '^(SigIgn|CapEff)' /proc/self/status"));
    expect(await read(process)).toBe("SigIgn:\t0000000000000000\nCapEff:\t0000000000000000\n");
  });

  test("that is not there is ACCOUNT_NOT_FOUND, and nothing is left", async () => {
    await expect(openAs("nobody-here", shell("true"))).rejects.toMatchObject({ code: "ACCOUNT_NOT_FOUND" });
    await waitUntilEmpty(sandbox);
  });
});

test("lets what a command left behind, away from its terminal, live on when it ended by itself", async () => {
  // before it has a session of its own it would be hung up with the terminal
  const script =
    'setsid sleep 7231 >/dev/null 2>&1 & until [ "$(ps -o comm= -p $!)" = sleep ]; do :; done; exit 0';
  await sandbox.exec(shell(script), { terminal });
  await waitUntilEmpty(sandbox);
  expect(await countSleepers(sandbox, "7231")).toBe(1);
  await sandbox.exec(["pkill", "-f", "sleep 7231"]);
});

async function hasBegun(): Promise<boolean> {
  return (await sandbox.exec(["test", "-e", "/run/begun"])).status.exitCode === 0;
}

test("begins its command only when the launcher's word was read: a program may flush what is not, as tmux does", async () => {
  await using api = openIncusApi({ socketPath: socket });
  const spec = { id: "go", account: "root", command: ["touch", "/run/begun"], env: {} } as const;
  const body = { command: planTerminalLauncher(spec), user: 0, group: 0, cwd: "/" };
  const { data, control } = await api.instanceExec.openTerminal("px-terminal", body, { size: terminal });
  control.on("error", () => {});
  let seen = "";
  const ended = new Promise<void>((resolve) => {
    data.on("message", (bytes: Buffer, isBinary: boolean) => {
      if (isBinary) seen += bytes.toString();
      else resolve();
    });
  });
  await expect.poll(() => seen).toContain("pixels-launch go ready");
  data.send(planTerminalCommand(spec));
  await expect.poll(() => seen).toContain("pixels-launch go ok");
  expect(await hasBegun()).toBe(false);
  data.send(TERMINAL_GO);
  await ended;
  expect(await hasBegun()).toBe(true);
  data.close();
  // nothing of it is echoed
  expect(seen).toBe("pixels-launch go ready\npixels-launch go ok\r\n");
});

test("is SANDBOX_NOT_READY where something else speaks up than a launcher does, though it does not end", async () => {
  await using broken = await client.create({
    name: "terminal-broken",
    source: { kind: "image", image: "debian/12" },
  });
  const odd = "#!/bin/sh\\necho odd >/dev/tty; exec sleep 7235\\n";
  await broken.exec(shell(`mv /bin/chown /bin/chown.real; printf '${odd}' >/bin/chown; chmod +x /bin/chown`));
  await expect(broken.exec(["true"], { terminal })).rejects.toMatchObject({ code: "SANDBOX_NOT_READY" });
  await waitUntilEmpty(broken);
  await expect.poll(() => countSleepers(broken, "7235")).toBe(0);
});

test("does not wait for a command that never reads what it is sent, and kills it", async () => {
  await using process = await sandbox.spawn(["sleep", "7232"], { terminal });
  const written = process.write(Buffer.alloc(2_000_000, "x"));
  await process.kill();
  expect((await process.wait()).exitCode).toBe(137);
  await written;
  await waitUntilEmpty(sandbox);
});

describe("a connection that is cut", () => {
  const script = shell("trap '' HUP; setsid sleep 7233 & sleep 7233; exit 0");

  test.each(["all", "data", "wait"])(
    "(%s) is CONNECTION_LOST, and all of the command is gone",
    async (part) => {
      await using proxy = await openProxy(socket);
      await using cut = createSandboxClient({
        backend: incusBackend({ socket: proxy.socketPath, spareLaunchers: 0 }),
      });
      await using process = await cut.sandbox(sandbox.name).spawn(script, { terminal });
      await expect.poll(() => countSleepers(sandbox, "7233")).toBe(2);
      if (part === "wait") expect(proxy.cut(/\/wait/)).toBe(1);
      else if (part === "data") proxy.websockets[0]?.();
      else proxy.cutAll();
      await expect(process.wait()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
      await waitUntilEmpty(sandbox);
      expect(await countSleepers(sandbox, "7233")).toBe(0);
    },
  );

  test("where only its size would go through kills the command all the same", async () => {
    await using proxy = await openProxy(socket);
    await using cut = createSandboxClient({
      backend: incusBackend({ socket: proxy.socketPath, spareLaunchers: 0 }),
    });
    await using process = await cut.sandbox(sandbox.name).spawn(script, { terminal });
    await expect.poll(() => countSleepers(sandbox, "7233")).toBe(2);
    proxy.websockets[1]?.();
    // it cannot be told from a command that was killed in there
    expect((await process.wait()).exitCode).toBe(137);
    await waitUntilEmpty(sandbox);
  });

  test("at any moment of the start leaves nothing", async () => {
    await using proxy = await openProxy(socket);
    await using cut = createSandboxClient({
      backend: incusBackend({ socket: proxy.socketPath, spareLaunchers: 0 }),
    });
    for (let moment = 0; moment < 40; moment += 2) {
      const run = cut.sandbox(sandbox.name).exec(shell("printf whole; exit 3"), { terminal });
      const ended = run.then(
        ({ status, stdout }) => expect({ ...status, stdout }).toMatchObject({ exitCode: 3, stdout: "whole" }),
        (error: unknown) => expect(error).toMatchObject({ code: "CONNECTION_LOST" }),
      );
      await new Promise((resolve) => {
        setTimeout(resolve, moment);
      });
      proxy.cutAll();
      await ended;
    }
    await waitUntilEmpty(sandbox);
  });
});

test("an abort at any moment of the start leaves nothing", async () => {
  for (let moment = 0; moment < 40; moment += 2) {
    const reason = new Error("enough");
    const controller = new AbortController();
    const run = sandbox.exec(["sleep", "7234"], { terminal, signal: controller.signal });
    run.catch(() => {});
    setTimeout(() => controller.abort(reason), moment);
    await expect(run).rejects.toBe(reason);
  }
  await waitUntilEmpty(sandbox);
  expect(await countSleepers(sandbox, "7234")).toBe(0);
});
