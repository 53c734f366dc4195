import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { type Emulator, openEmulator } from "./support/emulator.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-sessions";

/** As zmx does, as far as consoles need it (0.7): without a terminal it makes a session and leaves; a session that is attached to shows a line and echoes. */
const standIn = `#!/bin/sh
dir=\${ZMX_DIR:?}
mkdir -p "$dir"
case $1 in
list)
  for file in "$dir"/*; do
    [ -e "$file" ] || { echo "no sessions found in $dir" >&2; exit 0; }
    printf 'name=%s\\tpid=7\\tclients=%s\\tcreated=1700000000\\tstart_dir=/\\n' "\${file##*/}" "$(cat "$file")"
  done ;;
attach)
  [ -n "\${ZMX_SESSION-}" ] && { echo 'it would switch the terminal'; exit 1; }
  if [ ! -t 0 ]; then echo 0 >"$dir/$2"; exit 0; fi
  echo 1 >"$dir/$2"
  echo "zmx shows $2 to $(id -un), $KEPT"
  stty raw -echo
  while key=$(dd bs=1 count=1 2>/dev/null); do
    case $key in
    "$(printf '\\034')") echo 0 >"$dir/$2"; break ;;
    q) rm "$dir/$2"; break ;;
    esac
  done ;;
esac
`;

beforeAll(async () => {
  await cli.mustRun(["create", "--no-provision", name]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

async function open(): Promise<Emulator> {
  const emulator = await openEmulator(cli);
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  return emulator;
}

async function list(of = name): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await cli.mustRun(["sessions", "--json", of]);
  const document = JSON.parse(stdout) as Record<string, unknown>;
  expect(document).toEqual({ schema: 1, name: of, sessions: expect.any(Array) as unknown });
  return document["sessions"] as Record<string, unknown>[];
}

async function create(own: string): Promise<void> {
  await cli.mustRun(["create", "--no-provision", own]);
  onTestFinished(async () => void (await cli.run(["destroy", "--force", own])));
}

async function ask(line: string): Promise<readonly string[]> {
  return (await cli.mustRun(["__complete", "bash", "--", line, " \t\n\"'><=;|&(:"])).stdout.split("\n");
}

describe("sessions", () => {
  test("are none at first", async () => {
    await create("cli-sessions-none");
    expect(await list("cli-sessions-none")).toEqual([]);
    const { stdout } = await cli.mustRun(["sessions", "cli-sessions-none"]);
    expect(stdout).toBe("NAME  STATE  ACCOUNT  CLIENTS  AGE  EXIT CODE\n");
  });

  test("are told with state, clients and exit code, as a document and as a table", async () => {
    const emulator = await open();
    for (const [session, end] of [
      ["left", "detach"],
      ["over", "exit 4"],
    ] as const) {
      await emulator.enter(`clear; pixels console ${name} -s ${session}`);
      await emulator.shows(/@px-[^\n]*#\n*$/);
      await emulator.enter(end);
      await emulator.isBack();
    }
    await emulator.enter(`clear; pixels console ${name}`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
    const about = {
      account: "root",
      keeper: "tmux",
      created_at: expect.stringMatching(/^20\d\d-.*Z$/) as unknown,
    };
    expect(await list()).toEqual([
      { name: "console", state: "attached", clients: 1, exit_code: null, ...about },
      { name: "left", state: "detached", clients: 0, exit_code: null, ...about },
      { name: "over", state: "ended", clients: 0, exit_code: 4, ...about },
    ]);
    const { stdout } = await cli.mustRun(["sessions", name]);
    expect(stdout).toMatch(
      /^NAME +STATE +ACCOUNT +CLIENTS +AGE +EXIT CODE\nconsole +attached +root +1 +[\d.]+ \w+ +-\nleft +detached +root +0 .*\nover +ended +root +0 .* 4\n$/,
    );
    await cli.mustRun(["stop", name]);
    await emulator.isBack();
    await emulator.expectSane();
    const stopped = await cli.run(["sessions", name]);
    expect(stopped).toMatchObject({ code: 14, stdout: "" });
    expect(stopped.stderr).toContain(`pixels start ${name}`);
  });

  test("ended with the sandbox, which a console starts again", async () => {
    await cli.mustRun(["stop", name]);
    const emulator = await open();
    await emulator.enter(`pixels console ${name}`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
    expect((await list()).map((row) => row["name"])).toEqual(["console"]);
  });

  test("of a sandbox that is not there are refused", async () => {
    expect(await cli.run(["sessions", "cli-sessions-missing"])).toMatchObject({ code: 12, stdout: "" });
  });

  test("are offered by completion, for the sandbox on the line", async () => {
    const emulator = await open();
    await emulator.enter(`pixels console ${name} -s offered`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
    expect(await ask(`pixels console ${name} -s off`)).toContain("offered");
    expect(await ask(`pixels console ${name} --session=off`)).toContain("offered");
    expect(await ask("pixels console -s off")).not.toContain("offered");
  });
});

describe("what keeps sessions", () => {
  test("is zmx where it is there, with a folder of sockets that is the same for all, and tmux for what it has kept already", async () => {
    const own = "cli-sessions-zmx";
    await create(own);
    const emulator = await open();
    await emulator.enter(`pixels console ${own} -s older`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
    await emulator.press("C-\\");
    await emulator.isBack();
    await cli.mustRun(
      ["exec", own, "--", "sh", "-c", "cat >/usr/local/bin/zmx; chmod +x /usr/local/bin/zmx"],
      {
        stdin: standIn,
      },
    );
    const config = join(cli.home, "zmx.toml");
    // what would lead zmx astray
    await writeFile(
      config,
      `[env]\n${["KEPT", "ZMX_SESSION", "XDG_RUNTIME_DIR", "ZMX_DIR", "ZMX_SESSION_PREFIX"]
        .map((variable) => `${variable} = { value = "/odd", session_only = true }\n`)
        .join("")}`,
    );
    await emulator.enter(`clear; pixels --config ${config} console ${own} -s a.b`);
    await emulator.shows("zmx shows a.b to root, /odd");
    expect(await list(own)).toMatchObject([
      { name: "a.b", state: "attached", clients: 1, keeper: "zmx", created_at: "2023-11-14T22:13:20.000Z" },
      { name: "older", state: "detached", keeper: "tmux" },
    ]);
    await emulator.press("C-\\");
    await emulator.shows(`come back with: pixels console -s a.b ${own}`);
    expect(await emulator.exitCode()).toBe(0);
    await emulator.expectSane();
    await emulator.enter(`clear; pixels console ${own} -s a.b`);
    await emulator.shows("zmx shows a.b");
    await emulator.type("q");
    await emulator.shows('session "a.b" has ended');
    expect(await emulator.exitCode()).toBe(0);
    await emulator.enter(`clear; pixels console ${own} -s older`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
  });

  test("is tmux where zmx makes no session", async () => {
    const own = "cli-sessions-broken";
    await create(own);
    const broken = "#!/bin/sh\necho 'error: cannot'; exit 1\n";
    await cli.mustRun(
      ["exec", own, "--", "sh", "-c", "cat >/usr/local/bin/zmx; chmod +x /usr/local/bin/zmx"],
      {
        stdin: broken,
      },
    );
    const emulator = await open();
    await emulator.enter(`pixels console ${own}`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
    await emulator.press("C-\\");
    await emulator.isBack();
    await cli.mustRun([
      "exec",
      own,
      "--",
      "sh",
      "-c",
      "tmux -L pixels kill-server; mv /usr/bin/tmux /usr/bin/tmux.away",
    ]);
    await emulator.enter(`clear; pixels console ${own}`);
    await emulator.shows("zmx makes no session: error: cannot");
    expect(await emulator.exitCode()).toBe(21);
    await emulator.expectSane();
  });

  test("has to be there: a sandbox without says how to install one, and has plain shells", async () => {
    const own = "cli-sessions-bare";
    await create(own);
    await cli.mustRun(["exec", own, "--", "sh", "-c", "rm /usr/bin/tmux"]);
    const emulator = await open();
    await emulator.enter(`pixels console ${own}`);
    const screen = await emulator.shows("neither zmx nor tmux");
    expect(screen).toContain(`pixels exec --root ${own} -- apt-get install -y tmux`);
    expect(screen).toContain(`pixels console --no-persist ${own}`);
    expect(await emulator.exitCode()).toBe(25);
    expect(await list(own)).toEqual([]);
    await emulator.enter(`clear; pixels console --no-persist ${own}`);
    await emulator.shows(/@px-[^\n]*#\n*$/);
    await emulator.enter("exit");
    expect(await emulator.exitCode()).toBe(0);
  });
});

describe("create --console", () => {
  test("opens a console in the new sandbox, whose end is that of the command", async () => {
    const own = "cli-sessions-new";
    onTestFinished(async () => void (await cli.run(["destroy", "--force", own])));
    const emulator = await open();
    await emulator.enter(`pixels create --no-provision --console ${own}`);
    await emulator.shows(new RegExp(`@px-${own}:[^\n]*#\n*$`));
    await emulator.enter("exit 6");
    const screen = await emulator.isBack();
    expect(screen).toContain(`${own} is ready`);
    expect(await emulator.exitCode()).toBe(6);
    await emulator.expectSane();
    expect((await cli.mustRun(["list"])).stdout).toContain(own);
  });

  test("makes nothing without a terminal, or with --json", async () => {
    expect(await cli.run(["create", "--console", "cli-sessions-unseen"])).toMatchObject({ code: 10 });
    expect(await cli.run(["create", "--console", "--json", "cli-sessions-unseen"])).toMatchObject({
      code: 2,
    });
    expect((await cli.mustRun(["list"])).stdout).not.toContain("cli-sessions-unseen");
  });
});
