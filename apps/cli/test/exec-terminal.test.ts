import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { type Emulator, type EmulatorOptions, openEmulator } from "./support/emulator.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-exec-terminal";

beforeAll(async () => {
  await cli.mustRun(["create", "--no-provision", name]);
  await cli.mustRun(["exec", name, "--", "sh", "-c", "seq -f 'line %g' 100 >/srv/lines"]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

async function open(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await openEmulator(cli, options);
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  return emulator;
}

async function remoteProcesses(): Promise<string> {
  return (await cli.mustRun(["exec", name, "--", "ps", "-eo", "args"])).stdout;
}

function lines(first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => `line ${first + index}\n`).join("");
}

describe("exec -t", () => {
  test("gives a command a terminal of the type and size of ours, and its exit code", async () => {
    const emulator = await open({ columns: 91, rows: 27 });
    await emulator.enter(
      `pixels exec -t ${name} -- sh -c 'test -t 0 && test -t 1 && test -t 2 && stty size; echo $TERM; exit 7'`,
    );
    expect(await emulator.shows("screen-256color")).toMatch(/^27 91\nscreen-256color$/m);
    expect(await emulator.exitCode()).toBe(7);
    await emulator.expectSane();
  });

  test("sends keys to it as they are typed, Ctrl-C and Ctrl-Z too, and -it is the same", async () => {
    const emulator = await open();
    await emulator.enter(`pixels exec -it --env PS1='inside> ' ${name} -- bash --norc --noprofile -i`);
    await emulator.shows(/^inside>/m);
    await emulator.enter("sleep 71801");
    await expect.poll(remoteProcesses).toContain("sleep 71801");
    await emulator.press("C-c");
    await emulator.enter("echo after-$?");
    await emulator.shows(/^after-130$/m);
    await emulator.enter("sleep 71802");
    await expect.poll(remoteProcesses).toContain("sleep 71802");
    await emulator.press("C-z");
    await emulator.shows(/Stopped +sleep 71802/);
    // a shell that has not heard yet that its job is dead would ask about it at its own exit
    await emulator.enter("kill -KILL %1; exec sh -c 'exit 9'");
    expect(await emulator.exitCode()).toBe(9);
    expect(await remoteProcesses()).not.toContain("sleep 7180");
    await emulator.expectSane();
  });

  test("follows the size of ours", async () => {
    const emulator = await open();
    const script = "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done";
    await emulator.enter(`pixels exec -t ${name} -- sh -c "${script}"`);
    await emulator.shows(/^24 80$/m);
    await emulator.resize({ columns: 100, rows: 30 });
    await emulator.shows(/^30 100$/m);
    await emulator.press("C-c");
    expect(await emulator.exitCode()).toBe(130);
    await emulator.expectSane();
  });

  test("shows a program that draws all over the screen as it means to, also at another size", async () => {
    const emulator = await open();
    await emulator.enter(`pixels exec -t ${name} -- less /srv/lines`);
    await emulator.shows(/^line 23$/m);
    expect(await emulator.screen()).toBe(`${lines(1, 23)}/srv/lines\n`);
    await emulator.press("Space");
    await emulator.shows(/^line 46$/m);
    expect(await emulator.screen()).toBe(`${lines(24, 46)}:\n`);
    await emulator.resize({ columns: 60, rows: 12 });
    await emulator.shows(/^line 24\n(?:line \d+\n){10}:\n$/);
    await emulator.press("q");
    expect(await emulator.isBack()).not.toContain("line 24");
    expect(await emulator.exitCode()).toBe(0);
    await emulator.expectSane();
  });

  test("with an unknown TERM has one that the sandbox knows", async () => {
    const emulator = await open();
    await emulator.enter(`TERM=no-such-terminal pixels exec -t ${name} -- sh -c 'echo "it is $TERM"'`);
    expect(await emulator.shows(/^it is /m)).toContain("it is xterm-256color");
  });
});

describe("the terminal is set back after exec -t", () => {
  const drawing = `less /srv/lines`;

  test("that is out of time", async () => {
    const emulator = await open();
    await emulator.enter(`pixels exec -t --timeout 1s ${name} -- ${drawing}`);
    await emulator.shows("allow more with --timeout");
    expect(await emulator.exitCode()).toBe(124);
    await emulator.expectSane();
    expect(await remoteProcesses()).not.toContain(drawing);
  });

  test("that cannot start", async () => {
    const emulator = await open();
    await emulator.enter(`pixels exec -t --cwd /no/such ${name} -- true`);
    expect(await emulator.exitCode()).toBe(125);
    await emulator.expectSane();
  });

  test("whose program was killed in the sandbox, with the other screen left", async () => {
    const emulator = await open();
    await emulator.enter(`pixels exec -t ${name} -- ${drawing}`);
    await emulator.shows("line 23");
    await cli.mustRun(["exec", "--root", name, "--", "pkill", "-KILL", "less"]);
    await emulator.shows(/here>\n*$/);
    expect(await emulator.screen()).not.toContain("line 23");
    expect(await emulator.exitCode()).toBe(137);
    await emulator.expectSane();
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("that was sent %s", async (signal, code) => {
    const emulator = await open();
    const { pid } = await emulator.start(`exec -t ${name} -- ${drawing}`);
    await emulator.shows("line 23");
    process.kill(pid, signal);
    expect(await emulator.exitCode()).toBe(code);
    await emulator.expectSane();
    await expect.poll(remoteProcesses).not.toContain(drawing);
  });

  test("that was stopped and goes on, and then has its keys again", async () => {
    const emulator = await open();
    const { pid } = await emulator.start(`exec -t ${name} -- cat -v`);
    await expect.poll(remoteProcesses).toContain("cat -v");
    process.kill(pid, "SIGSTOP");
    await emulator.shows("Stopped");
    await emulator.expectSane();
    await emulator.enter("fg");
    await emulator.enter("typed");
    // some of it may have been typed before, and shown by the terminal here
    await emulator.shows(/typed\ntyped$/m);
    await emulator.press("C-d");
    expect(await emulator.exitCode()).toBe(0);
    await emulator.expectSane();
  });

  test("that was killed as a whole, by reset, and nothing of the command is left", async () => {
    const emulator = await open();
    const { pid } = await emulator.start(`exec -t ${name} -- ${drawing}`);
    await emulator.shows("line 23");
    process.kill(pid, "SIGKILL");
    await expect.poll(remoteProcesses).not.toContain(drawing);
    await emulator.enter("reset");
    expect(await emulator.exitCode()).toBe(0);
    await emulator.expectSane({ afterReset: true });
  });
});

describe("exec -t without a terminal here", () => {
  test("has one of 80 columns and 24 rows", async () => {
    expect(await cli.run(["exec", "-t", name, "--", "stty", "size"])).toMatchObject({
      code: 0,
      stdout: "24 80\r\n",
      stderr: "",
    });
  });

  test("types what is piped in, and then the end of the input", async () => {
    const { code, stdout } = await cli.run(["exec", "-t", name, "--", "sh"], { stdin: "stty -echo\nexit 3" });
    expect(code).toBe(3);
    expect(stdout).toContain("stty -echo\r\n");
    expect(await cli.run(["exec", "-t", name, "--", "cat"], { stdin: "text" })).toMatchObject({
      code: 0,
      stdout: "texttext",
    });
  });

  test("types nothing with -n", async () => {
    expect(await cli.run(["exec", "-t", "-n", name, "--", "cat"], { stdin: "text" })).toMatchObject({
      code: 0,
      stdout: "",
    });
  });

  test("is ended by Ctrl-C, which is no key then", async () => {
    const { child, result, sees } = cli.start(
      ["exec", "-t", name, "--", "sh", "-c", "echo up; sleep 71803"],
      {
        keepOpen: true,
      },
    );
    await sees("stdout", "up");
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130 });
    expect(await remoteProcesses()).not.toContain("71803");
  });

  test("is over when its reader goes away", async () => {
    const { child, result, sees } = cli.start(["exec", "-t", name, "--", "sh", "-c", "echo up; yes 71804"]);
    await sees("stdout", "71804");
    child.stdout.destroy();
    expect((await result).code).toBe(141);
    expect(await remoteProcesses()).not.toContain("71804");
  });
});
