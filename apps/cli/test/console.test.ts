import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { openProxy } from "../../../packages/incus-backend/test/robustness/support/proxy.ts";
import { useCli } from "./support/bundle.ts";
import { type Emulator, type EmulatorOptions, openEmulator } from "./support/emulator.ts";

const socket = inject("incusSocket");
const cli = useCli({ PIXELS_INCUS_SOCKET: socket, PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-console";
const PROMPT = /[#$]\n*$/;

beforeAll(async () => {
  await cli.mustRun(["create", "--no-provision", name]);
  // an account of its own, as provisioning makes one
  await exec(["useradd", "--create-home", "--shell", "/bin/bash", "pixel"]);
  await using api = openIncusApi({ socketPath: socket });
  await api.instances.patch(`px-${name}`, { config: { "environment.PIXELS_ACCOUNT": "pixel" } });
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

async function exec(command: readonly string[]): Promise<string> {
  return (await cli.mustRun(["exec", "--root", name, "--", ...command])).stdout;
}

async function open(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await openEmulator(cli, options);
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  return emulator;
}

/** A console that shows the prompt of the sandbox's shell, on a terminal where nothing else was. */
async function openConsole(args: string, options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await open(options);
  await emulator.enter(`pixels console ${args}`);
  await emulator.shows(new RegExp(`@px-${name}:.*[#$]\n*$`));
  return emulator;
}

interface Row {
  readonly name: string;
  readonly state: string;
  readonly clients: number;
  readonly exit_code: number | null;
  readonly account: string;
}

async function listSessions(): Promise<readonly Row[]> {
  const { stdout } = await cli.mustRun(["sessions", "--json", name]);
  return (JSON.parse(stdout) as { readonly sessions: readonly Row[] }).sessions;
}

async function find(session: string): Promise<Row | undefined> {
  return (await listSessions()).find((row) => row.name === session);
}

describe("a console", () => {
  test("is left by Ctrl+\\ with 0 and a word on how to come back, and shows the same screen then", async () => {
    const emulator = await openConsole(`${name} -s same`);
    await emulator.enter("echo marked-$((40 + 2)); echo $TERM; tty");
    const before = await emulator.shows(/^marked-42\ntmux-256color\n\/dev\/pts\/\d+\n.*\$\n*$/m);
    await emulator.press("C-\\");
    const left = await emulator.shows(`come back with: pixels console -s same ${name}`);
    expect(left).toContain("Ctrl+\\ or the command detach leaves it");
    expect(left).not.toContain("marked-42");
    expect(await emulator.exitCode()).toBe(0);
    await emulator.expectSane();
    expect(await find("same")).toMatchObject({
      state: "detached",
      clients: 0,
      exit_code: null,
      account: "pixel",
    });
    await emulator.enter(`pixels console ${name} -s same`);
    await emulator.shows("marked-42");
    expect(await emulator.screen()).toBe(before);
    expect(await find("same")).toMatchObject({ state: "attached", clients: 1 });
  });

  test("is left by the command detach, and what runs in it goes on", async () => {
    const emulator = await openConsole(`${name} -s counting`);
    await emulator.enter("(while :; do echo x >>/tmp/count; sleep 0.1; done) & detach");
    await emulator.shows("come back with");
    expect(await emulator.exitCode()).toBe(0);
    await emulator.expectSane();
    const then = await exec(["cat", "/tmp/count"]);
    await expect.poll(() => exec(["cat", "/tmp/count"])).not.toBe(then);
    await emulator.enter(`pixels console ${name} -s counting`);
    await emulator.shows(PROMPT);
    await emulator.enter("kill %1; exit");
    await emulator.isBack();
  });

  test("is a login shell of the account in its home, whose end ends the session with its exit code", async () => {
    const emulator = await openConsole(`${name} -s ending`);
    await emulator.enter('shopt login_shell; echo "$USER $PWD $SHLVL"');
    await emulator.shows(
      /^login_shell +\ton\npixel \/home\/pixel 1$|^login_shell +on\npixel \/home\/pixel 1$/m,
    );
    await emulator.enter("exit 7");
    await emulator.shows('session "ending" has ended with 7');
    expect(await emulator.exitCode()).toBe(7);
    await emulator.expectSane();
    expect(await find("ending")).toMatchObject({ state: "ended", exit_code: 7, clients: 0 });
    // and another one can begin
    await emulator.enter(`clear; pixels console ${name} -s ending`);
    await emulator.shows(PROMPT);
    expect(await emulator.screen()).not.toContain("exit 7");
    expect(await find("ending")).toMatchObject({ state: "attached", exit_code: null });
    await emulator.enter("kill -9 $$");
    await emulator.shows("has ended with 137");
    expect(await emulator.exitCode()).toBe(137);
  });

  test("tells of every end, and of none twice", async () => {
    const emulator = await open();
    for (let round = 0; round < 6; round++) {
      await emulator.enter(`clear; pixels console ${name} -s often`);
      await emulator.shows(new RegExp(`@px-${name}:.*\\$\n*$`));
      await emulator.enter(`exit ${round + 20}`);
      await emulator.shows(`has ended with ${round + 20}`);
      expect(await emulator.exitCode()).toBe(round + 20);
    }
    expect((await listSessions()).filter((row) => row.name === "often")).toHaveLength(1);
  });

  test("hands keys over: Ctrl-C, Ctrl-Z, and what a program makes of them", async () => {
    const emulator = await openConsole(`${name} -s keys`);
    await emulator.enter("sleep 71901");
    await expect.poll(() => exec(["ps", "-eo", "args"])).toContain("sleep 71901");
    await emulator.press("C-c");
    await emulator.enter("echo after-$?");
    await emulator.shows(/^after-130$/m);
    await emulator.enter("sleep 71902");
    await expect.poll(() => exec(["ps", "-eo", "args"])).toContain("sleep 71902");
    await emulator.press("C-z");
    await emulator.shows(/Stopped +sleep 71902/);
    await emulator.enter("kill %1; cat -v");
    // what is typed to the shell is edited, not shown
    await expect.poll(() => exec(["ps", "-eo", "args"])).toContain("cat -v");
    await emulator.press("C-b", "F5", "Enter");
    await emulator.shows(/^\^B\^\[\[15~$/m);
  });

  test("follows the size of the terminal, also of another one", async () => {
    const emulator = await openConsole(`${name} -s size`);
    await emulator.enter("stty size");
    await emulator.shows(/^24 80$/m);
    await emulator.resize({ columns: 100, rows: 30 });
    await emulator.enter("stty size");
    await emulator.shows(/^30 100$/m);
    await emulator.press("C-\\");
    await emulator.isBack();
    const other = await open({ columns: 70, rows: 20 });
    await other.enter(`pixels console ${name} -s size`);
    await other.shows("30 100");
    await other.enter("stty size");
    expect(await other.shows(/^20 \d+$/m)).toMatch(/^20 70$/m);
  });

  test("shows a program that draws all over the screen, before and after it was left", async () => {
    const emulator = await openConsole(`${name} -s drawing`);
    await emulator.enter("seq -f 'line %g' 100 | less");
    await emulator.shows(/^line 23$/m);
    const drawn = await emulator.screen();
    expect(drawn.split("\n").slice(0, 23)).toEqual(Array.from({ length: 23 }, (_, i) => `line ${i + 1}`));
    await emulator.press("C-\\");
    expect(await emulator.isBack()).not.toContain("line 23");
    await emulator.enter(`pixels console ${name} -s drawing`);
    await emulator.shows(/^line 23$/m);
    expect(await emulator.screen()).toBe(drawn);
    await emulator.press("q");
    expect(await emulator.shows(PROMPT)).not.toContain("line 23");
  });

  test("may be looked at from two terminals, of which one may leave, and both are told of the end", async () => {
    const one = await openConsole(`${name} -s shared`);
    const two = await openConsole(`${name} -s shared`);
    expect(await find("shared")).toMatchObject({ state: "attached", clients: 2 });
    await one.enter("echo from-$((1 + 0))");
    await two.shows("from-1");
    await two.press("C-\\");
    await two.shows("come back with");
    await one.enter("echo still-$((1 + 1))");
    await one.shows("still-2");
    await two.enter(`pixels console ${name} -s shared`);
    await two.shows("still-2");
    await two.enter("exit 3");
    for (const emulator of [one, two]) {
      expect(await emulator.exitCode()).toBe(3);
      await emulator.expectSane();
    }
  });

  test("of another name is another one, however alike the names are", async () => {
    const names = ["a.b", "a_b", "a__b", "-a"];
    for (const session of names) {
      const emulator = await openConsole(`--session=${session} ${name}`);
      await emulator.enter(`echo in_${names.indexOf(session)}`);
      await emulator.shows(new RegExp(`^in_${names.indexOf(session)}$`, "m"));
      await emulator.press("C-\\");
      const flag = session === "-a" ? "--session=-a" : `-s ${session}`;
      await emulator.shows(`come back with: pixels console ${flag} ${name}`);
    }
    for (const session of names) {
      const emulator = await openConsole(`--session=${session} ${name}`);
      const screen = await emulator.screen();
      expect(screen.match(/^in_\d$/gm)).toEqual([`in_${names.indexOf(session)}`]);
    }
    expect((await listSessions()).map((row) => row.name)).toEqual(expect.arrayContaining(names));
  });

  test("of root is root's own", async () => {
    const emulator = await openConsole(`--root ${name} -s both`);
    await emulator.enter("id -un; pwd");
    await emulator.shows(/^root\n\/root$/m);
    await emulator.press("C-\\");
    await emulator.shows(`come back with: pixels console -s both --root ${name}`);
    const other = await openConsole(`${name} -s both`);
    await other.enter("id -un");
    await other.shows(/^pixel$/m);
    expect((await listSessions()).filter((row) => row.name === "both").map((row) => row.account)).toEqual([
      "pixel",
      "root",
    ]);
  });
});

describe("a session", () => {
  test("lives on when pixels is killed, and the terminal is sane after reset", async () => {
    const emulator = await open();
    const { pid } = await emulator.start(`console ${name} -s killed`);
    await emulator.shows(PROMPT);
    await emulator.enter("echo marked-$((40 + 3))");
    await emulator.shows("marked-43");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => find("killed")).toMatchObject({ state: "detached", clients: 0 });
    await emulator.enter("reset");
    await emulator.expectSane({ afterReset: true });
    await emulator.enter(`pixels console ${name} -s killed`);
    await emulator.shows("marked-43");
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", 130],
  ] as const)("lives on when pixels is sent %s, which sets the terminal back", async (signal, code) => {
    const emulator = await open();
    const { pid } = await emulator.start(`console ${name} -s signalled`);
    await emulator.shows(PROMPT);
    process.kill(pid, signal);
    expect(await emulator.exitCode()).toBe(code);
    await emulator.expectSane();
    expect(await find("signalled")).toMatchObject({ state: "detached" });
  });

  test("lives on when the connection is lost, which is told", async () => {
    await using proxy = await openProxy(socket);
    const emulator = await open({ env: { PIXELS_INCUS_SOCKET: proxy.socketPath } });
    await emulator.enter(`pixels console ${name} -s lost`);
    await emulator.shows(PROMPT);
    await emulator.enter("echo marked-$((40 + 4))");
    await emulator.shows("marked-44");
    proxy.cutAll();
    const screen = await emulator.isBack();
    expect(screen).toContain(`connection to sandbox "${name}" was lost`);
    expect(screen).toContain(`come back with: pixels console -s lost ${name}`);
    expect(screen).not.toContain("marked-44");
    expect(await emulator.exitCode()).toBe(22);
    await emulator.expectSane();
    await emulator.enter(`pixels console ${name} -s lost`);
    await emulator.shows("marked-44");
  });

  test("has the variables of [env] that are for sessions: today's, no other session's, and in no list of processes", async () => {
    const config = join(cli.home, "variables.toml");
    const secret = "secret-71903";
    await writeFile(
      config,
      `[env]\nKEPT = { value = "${secret}", session_only = true }\nHOSTS = { forward = true }\n`,
    );
    const emulator = await openConsole(`--config ${config} ${name} -s with`, { env: { HOSTS: "from here" } });
    await emulator.enter('echo "$KEPT+$HOSTS"');
    await emulator.shows(`${secret}+from here`);
    // whatever the server was started with
    expect(await exec(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])).not.toContain(secret);
    const other = await openConsole(`${name} -s without`);
    await other.enter('echo "none:$KEPT:$HOSTS"');
    await other.shows(/^none::$/m);
  });

  test("leaves a tmux of the user's own alone, and its settings too", async () => {
    const settings = "set -g prefix C-a\nset -g status on\nset -g default-command 'echo wrong'\n";
    await exec(["sh", "-c", `printf "${settings}" >/home/pixel/.tmux.conf`]);
    const emulator = await openConsole(`${name} -s plain`);
    await emulator.enter("tmux -L own -f /dev/null new-session -d -s console; tmux ls; tmux -L own ls");
    const screen = await emulator.shows(/^console: 1 windows/m);
    expect(screen).toMatch(/^plain: 1 windows/m);
    expect(screen).not.toContain("wrong");
    await emulator.enter("tmux -L own kill-server; rm ~/.tmux.conf");
  });
});

describe("a console that nothing keeps", () => {
  test("is a shell that ends with its exit code, and is in no session", async () => {
    const emulator = await openConsole(`--no-persist ${name}`);
    await emulator.enter('shopt -q login_shell && echo "login $USER $TERM ${TMUX-none}"');
    await emulator.shows(/^login pixel screen-256color none$/m);
    const before = await listSessions();
    await emulator.enter("exit 5");
    expect(await emulator.exitCode()).toBe(5);
    await emulator.expectSane();
    expect(await listSessions()).toEqual(before);
    const root = await openConsole(`--no-persist --root ${name}`);
    await root.enter("id -un");
    await root.shows(/^root$/m);
  });

  test("ends with pixels", async () => {
    const emulator = await open();
    const { pid } = await emulator.start(`console --no-persist ${name}`);
    await emulator.shows(PROMPT);
    await emulator.enter("sleep 71904");
    await expect.poll(() => exec(["ps", "-eo", "args"])).toContain("sleep 71904");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => exec(["ps", "-eo", "args"])).not.toContain("sleep 71904");
  });
});

describe("a console is refused", () => {
  test("without a terminal here, with what to do instead", async () => {
    const { code, stderr } = await cli.run(["console", name]);
    expect(code).toBe(10);
    expect(stderr).toContain(`pixels exec ${name} -- <command>`);
  });

  test.each([["a b"], [".."], ["a/b"]])("in a session that is called %j", async (session) => {
    expect(await cli.run(["console", name, "-s", session])).toMatchObject({ code: 10 });
  });
});
