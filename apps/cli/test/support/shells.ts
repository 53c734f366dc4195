import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { installTools } from "../../../../packages/incus-host/src/index.ts";
import type { Cli } from "./cli.ts";

const PROMPT = "ready> ";
/** Inserts everything that the shell would offer into the line. */
const INSERT_ALL = "\u0014";
/** A shell that waits for more instead of running the line fails the test. */
const TIMEOUT_MS = 30_000;

/** A shell in which completion is switched on as its users do. */
export interface CompletingShell {
  /** The words that the shell offers for the last one of the line, as they would be on the line. */
  offers(line: string): Promise<readonly string[]>;
}

/** A shell whose line is edited on a terminal. */
export interface TypingShell extends CompletingShell {
  /** The arguments that `pixels` is called with after these keys and Enter. */
  types(keys: string): Promise<readonly string[]>;
}

/** The shells are the tests' alone: nothing else of pixels asks for them. */
export async function installShells(): Promise<void> {
  const shells = ["bash", "zsh", "fish"];
  await installTools({
    tools: [
      ...shells.map((name) => ({ command: name, package: name })),
      { command: "script", package: "bsdutils" },
    ],
  });
}

/** Run in `folder`. `env` is that of pixels too. */
export interface ShellOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** From here on only what completion asks goes to pixels; the line that is run goes to a file. */
const record = `pixels() {
  case $1 in
    __complete) command pixels "$@" ;;
    *) printf '%s\\0' "$@" >"$RESULT"; exit ;;
  esac
}
`;

export function openBash(cli: Cli, options: ShellOptions): TypingShell {
  const profile = `PS1='${PROMPT}'
bind '"\\C-t": insert-completions'
eval "$(pixels completion bash)"
${record}`;
  return openTypingShell(cli, options, {
    files: { bashrc: profile },
    command: (home) => `bash --noprofile --rcfile ${home}/bashrc -i`,
  });
}

/** `eval`: the script is run by .zshrc; `fpath`: it is a file of a folder of functions. */
export function openZsh(cli: Cli, how: "eval" | "fpath", options: ShellOptions): TypingShell {
  const profile = `PROMPT='${PROMPT}'
${how === "fpath" ? 'fpath=("$ZDOTDIR" $fpath); pixels completion zsh >"$ZDOTDIR/_pixels"' : ""}
autoload -Uz compinit && compinit -D -u
${how === "eval" ? 'eval "$(pixels completion zsh)"' : ""}
zle -C insert-all complete-word _generic
zstyle ':completion:insert-all::::' completer _all_matches _complete
zstyle ':completion:insert-all:*' insert true
bindkey '^T' insert-all
${record}`;
  return openTypingShell(cli, options, {
    files: { ".zshrc": profile },
    command: () => "zsh -d -i",
  });
}

export function openFish(cli: Cli, { folder, env }: ShellOptions): CompletingShell {
  return {
    async offers(line) {
      const home = await makeHome(cli, {});
      const script = `pixels completion fish | source; complete -C ${quoteForFish(line)}`;
      const { stdout, stderr } = await promisify(execFile)("fish", ["--no-config", "-c", script], {
        cwd: folder,
        env: { ...toEnvironment(cli, home), ...env },
      });
      if (stderr !== "") throw new Error(`fish says: ${stderr}`);
      return stdout
        .split("\n")
        .filter((row) => row !== "")
        .map((row) => row.split("\t")[0] ?? "");
    },
  };
}

function openTypingShell(
  cli: Cli,
  { folder, env }: ShellOptions,
  shell: {
    readonly files: Readonly<Record<string, string>>;
    readonly command: (home: string) => string;
  },
): TypingShell {
  const types = async (keys: string): Promise<readonly string[]> => {
    const home = await makeHome(cli, shell.files);
    const result = join(home, "result");
    const terminal = spawn("script", ["-qec", shell.command(home), "/dev/null"], {
      cwd: folder,
      env: { ...toEnvironment(cli, home), TERM: "xterm", RESULT: result, ZDOTDIR: home, ...env },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    let screen = "";
    let typed = false;
    terminal.stdin.on("error", () => {});
    terminal.stdout.on("data", (data: Buffer) => {
      screen += data.toString();
      if (typed || !screen.includes(PROMPT)) return;
      typed = true;
      terminal.stdin.write(`${keys}\r`);
    });
    await new Promise<void>((resolve, reject) => {
      terminal.once("error", (cause) => reject(new Error(`the line was not run: ${screen}`, { cause })));
      terminal.once("close", () => resolve());
    });
    terminal.stdin.destroy();
    return (await readFile(result, "utf8")).split("\0").slice(0, -1);
  };
  return {
    types,
    async offers(line) {
      // a space that is quoted is no end of a word
      const before = line.split(/(?<!\\) /).slice(1, -1);
      return (await types(`${line}${INSERT_ALL}`)).slice(before.length);
    },
  };
}

/** A home for one shell alone, in that of the command, with `pixels` as npm installs it. */
async function makeHome(cli: Cli, files: Readonly<Record<string, string>>): Promise<string> {
  const home = await mkdtemp(join(cli.home, "shell-"));
  await symlink(cli.bin, join(home, "pixels"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
  return home;
}

function toEnvironment(cli: Cli, home: string): Record<string, string> {
  return { ...cli.env, HOME: home, PATH: `${home}:${cli.env["PATH"] ?? ""}` };
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
