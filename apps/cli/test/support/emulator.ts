import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { poll } from "@pixels/core/backend";
import { expect } from "vitest";
import type { Cli } from "./cli.ts";

const run = promisify(execFile);
const PROMPT = "here> ";

export interface EmulatorOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal emulator with a shell of this machine in it, in which `pixels` is the command. tmux, with a server of its own, is the emulator. */
export interface Emulator extends AsyncDisposable {
  /** Types the text, as it is. */
  type(text: string): Promise<void>;
  /** Types a line and Enter. */
  enter(line: string): Promise<void>;
  /** Keys by tmux's names: C-c, Enter, C-\. */
  press(...keys: readonly string[]): Promise<void>;
  /** What can be seen, without the spaces at the ends of lines; a line that was too long for one is one all the same. */
  screen(): Promise<string>;
  /** Waits until it can be seen; gives all that can be. */
  shows(what: string | RegExp): Promise<string>;
  resize(size: { readonly columns: number; readonly rows: number }): Promise<void>;
  /** Waits for the shell of this machine to ask for the next line; gives all that can be seen. */
  isBack(): Promise<string>;
  /** Waits for that, and then for the exit code of the last command. */
  exitCode(): Promise<number>;
  /** Rejects where the terminal's settings, or the screen that it shows, are not those that it began with; after `reset`, not those of any sane one. */
  expectSane(options?: { readonly afterReset?: boolean }): Promise<void>;
  /** The process that the line `exec pixels …`, in a shell of its own, became. */
  start(args: string): Promise<{ readonly pid: number }>;
}

export async function openEmulator(
  cli: Cli,
  { columns = 80, rows = 24, env = {} }: EmulatorOptions = {},
): Promise<Emulator> {
  const home = await mkdtemp(join(cli.home, "emulator-"));
  await mkdir(join(home, "bin"));
  await symlink(cli.bin, join(home, "bin/pixels"));
  const tmux = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run("tmux", ["-u", "-S", join(home, "tmux"), "-f", "/dev/null", ...args], {
      env: {
        ...cli.env,
        PATH: `${join(home, "bin")}:${cli.env["PATH"] ?? ""}`,
        LANG: "C.UTF-8",
        PS1: PROMPT,
        HISTFILE: "",
        FOLDER: home,
        ...env,
      },
    });
    return stdout;
  };
  const settings = [
    "status",
    "off",
    ";",
    "set",
    "-g",
    "escape-time",
    "0",
    ";",
    "set",
    "-g",
    "default-terminal",
  ];
  const session = ["-d", "-x", String(columns), "-y", String(rows), "bash", "--noprofile", "--norc"];
  await tmux(
    "start-server",
    ";",
    "set",
    "-g",
    ...settings,
    "screen-256color",
    ";",
    "new-session",
    ...session,
  );
  let lines = 0;

  const emulator: Emulator = {
    async type(text) {
      await tmux("send-keys", "-l", "--", text);
    },
    async enter(line) {
      await emulator.type(line);
      await emulator.press("Enter");
    },
    async press(...keys) {
      await tmux("send-keys", "--", ...keys);
    },
    screen: async () => (await tmux("capture-pane", "-p", "-J")).replaceAll(/ +$/gm, ""),
    async shows(what) {
      let screen = "";
      const seen = async (): Promise<string | undefined> => {
        screen = await emulator.screen();
        return (typeof what === "string" ? screen.includes(what) : what.test(screen)) ? screen : undefined;
      };
      try {
        return await poll(seen, {
          what: `${String(what)} on the terminal`,
          timeoutMs: 20_000,
          intervalMs: 30,
        });
      } catch (cause) {
        throw new Error(`the terminal does not show ${String(what)}, but:\n${screen}`, { cause });
      }
    },
    async resize(size) {
      await tmux("resize-window", "-x", String(size.columns), "-y", String(size.rows));
    },
    isBack: () => emulator.shows(/here>\n*$/),
    async exitCode() {
      await emulator.isBack();
      const mark = `code-${++lines}`;
      await emulator.enter(`echo ${mark}=$?`);
      const screen = await emulator.shows(new RegExp(`^${mark}=\\d+$`, "m"));
      return Number(new RegExp(`^${mark}=(\\d+)$`, "m").exec(screen)?.[1]);
    },
    async expectSane({ afterReset = false } = {}) {
      await emulator.isBack();
      const mark = `sane-${++lines}`;
      const check = afterReset
        ? String.raw`! stty -a | grep -qE ' -(icanon|echo|icrnl|isig|opost|onlcr)\b'`
        : 'stty -g | cmp - "$FOLDER/stty"';
      // a newline alone begins a line only where the terminal's settings are those of lines
      await emulator.enter(`${check} && printf '${mark}\\n${mark}\\n'`);
      await emulator.shows(new RegExp(`^${mark}\n${mark}$`, "m"));
      // tmux does not take a reset for a word about the screen, as other emulators do
      const screen = afterReset ? "0" : "#{alternate_on}";
      const state = await tmux("display-message", "-p", `${screen} #{cursor_flag} #{mouse_any_flag}`);
      expect(state.trim()).toBe("0 1 0");
    },
    async start(args) {
      const file = join(home, `pid-${++lines}`);
      await emulator.enter(`bash -c 'echo $$ >${file}; exec pixels ${args}'`);
      const pid = await poll(async () => Number(await readFile(file, "utf8").catch(() => "")) || undefined, {
        what: "the command to start",
        timeoutMs: 20_000,
        intervalMs: 10,
      });
      return { pid };
    },
    async [Symbol.asyncDispose]() {
      await tmux("kill-server");
    },
  };
  await emulator.isBack();
  await emulator.enter('stty -g >"$FOLDER/stty"; clear');
  await emulator.shows(/^here>\n*$/);
  return emulator;
}
