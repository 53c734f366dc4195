import type { Command } from "../command.ts";
import { launcherScript, readerScript, signalScript } from "./launcher-scripts.ts";
import { quoteForShell } from "./quote.ts";

/** What a command needs to start; plain data, so that it can travel. */
export interface LaunchSpec {
  /** Ours, chosen before the start: letters, digits and hyphens. Names the command's cgroup. */
  readonly id: string;
  readonly command: Command;
  /** Absolute; the account's home when absent. */
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Account name inside the sandbox, such as "root". Absent: the sandbox's own, which the launcher finds in PIXELS_ACCOUNT, else root. */
  readonly account?: string;
}

/** How to start a command in a sandbox, whatever carries it there. */
export interface LaunchPlan {
  /** Run this as root, with the sandbox's own account in PIXELS_ACCOUNT. It depends on the id and the account only, so it can be started before the command is known. */
  readonly argv: Command;
  /** Write this to its stdin first; what follows is the command's own stdin. */
  readonly stdinPreamble: Uint8Array;
}

/**
 * The one launcher inside a sandbox. It makes the command's cgroup, takes the account, and waits on stdin for the environment, the working
 * directory and the command, so that none of them shows in a process list. When the command ends by itself its exit code is passed on, and
 * what it left running lives on outside the cgroup; when the launcher is killed (its connection is gone), all of the cgroup is killed.
 */
export function planLaunch(spec: LaunchSpec): LaunchPlan {
  return { argv: planLauncher(spec), stdinPreamble: planCommand(spec) };
}

/** The launcher alone, for one that is started before its command is known; the command follows as `planCommand`. */
export function planLauncher({ id, account = "" }: Pick<LaunchSpec, "id" | "account">): Command {
  return ["setsid", "-w", "sh", "-c", launcherScript, "pixels", id, account, readerScript];
}

/** Run this as root in the sandbox: sends the signal to every process of the command; KILL repeats until none is left. */
export function planSignal(id: string, signal: string): Command {
  return ["sh", "-c", signalScript, "pixels", id, signal];
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables that dash or bash checks, computes or keeps for itself. */
const keptByShells =
  /^(?:_|OPTIND|LINENO|PPID|E?UID|GROUPS|DIRSTACK|FUNCNAME|HISTCMD|S?RANDOM|SECONDS|EPOCH\w+|SHELLOPTS|BASH\w*)$/;

/** Above this one more program costs less than a shell's way of reading, a byte at a time. */
const MAX_BYTES_BY_LINES = 4096;
/** What a longer preamble ends with, so that one that was cut off is known. */
const PREAMBLE_END = "\n#end";

export interface PlanCommandOptions {
  /** Shell that runs as the account once it is certain that the command will; it has to `tell ok`. Default: only that. */
  readonly begin?: string;
  /** Shell that runs last, with the command's environment. */
  readonly beforeCommand?: string;
}

/** A count of lines and then that many lines of shell, or `b`, a count of bytes and then those: either takes nothing of what follows. */
export function planCommand(
  { command, cwd, env }: Pick<LaunchSpec, "command" | "cwd" | "env">,
  { begin = "tell ok", beforeCommand = "" }: PlanCommandOptions = {},
): Uint8Array {
  const lines = [
    `cd -- ${cwd === undefined ? '"$HOME"' : quoteForShell(cwd)} 2>/dev/null || fail "cwd $USER"`,
    begin,
    "unset OLDPWD",
  ];
  const odd: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (identifier.test(name) && !keptByShells.test(name))
      lines.push(`export ${name}=${quoteForShell(value)}`);
    else odd.push(quoteForShell(`${name}=${value}`));
  }
  const words = command.map(quoteForShell).join(" ");
  // a shell cannot export every name that a program can receive, and its `exec` would read a leading hyphen as an option; `env` would take
  // a program with an equals sign for a variable, and nice takes it as it is
  const program = command[0].includes("=") ? `/usr/bin/nice -n 0 -- ${words}` : words;
  if (beforeCommand !== "") lines.push(beforeCommand);
  lines.push(
    odd.length > 0 || command[0].startsWith("-")
      ? `exec /usr/bin/env -- ${[...odd, program].join(" ")}`
      : `exec ${words}`,
  );
  const script = lines.join("\n");
  if (Buffer.byteLength(script) <= MAX_BYTES_BY_LINES)
    return Buffer.from(`${script.split("\n").length}\n${script}\n`);
  const whole = `${script}${PREAMBLE_END}`;
  return Buffer.from(`b${Buffer.byteLength(whole)}\n${whole}`);
}
