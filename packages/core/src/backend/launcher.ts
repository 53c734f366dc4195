import type { Command } from "../command.ts";
import {
  AccountNotFoundError,
  type PixelsError,
  SandboxNotReadyError,
  WorkingDirectoryNotFoundError,
} from "../errors.ts";
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
  /** Account name inside the sandbox, such as "pixel" or "root". */
  readonly account: string;
}

/** How to start a command in a sandbox, whatever carries it there. */
export interface LaunchPlan {
  /** Run this as root. It depends on the id and the account only, so it can be started before the command is known. */
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
  return { argv: planLauncher(spec), stdinPreamble: toPreamble(spec) };
}

function planLauncher({ id, account }: Pick<LaunchSpec, "id" | "account">): Command {
  return ["setsid", "-w", "sh", "-c", launcherScript, "pixels", id, account, readerScript];
}

/** Run this as root in the sandbox: sends the signal to every process of the command; KILL repeats until none is left. */
export function planSignal(id: string, signal: string): Command {
  return ["sh", "-c", signalScript, "pixels", id, signal];
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A count of lines, then that many lines of shell: reading by lines takes nothing of what follows. */
function toPreamble({ command, cwd, env }: LaunchSpec): Uint8Array {
  const lines = [
    `cd -- ${cwd === undefined ? '"$HOME"' : quoteForShell(cwd)} 2>/dev/null || fail cwd`,
    "unset OLDPWD",
  ];
  const odd: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (identifier.test(name)) lines.push(`export ${name}=${quoteForShell(value)}`);
    else odd.push(quoteForShell(`${name}=${value}`));
  }
  const words = command.map(quoteForShell).join(" ");
  // a shell cannot export every name that a program can receive, and its `exec` would read a leading hyphen as an option
  lines.push(
    odd.length > 0 || command[0].startsWith("-")
      ? `exec env -- ${[...odd, words].join(" ")}`
      : `exec ${words}`,
  );
  const script = lines.join("\n");
  return Buffer.from(`${script.split("\n").length}\n${script}\n`);
}

/** What the launcher's own line on stderr begins with; nothing else of the command comes before it. */
export function launchFailurePrefix(id: string): string {
  return `pixels-launch-failure ${id} `;
}

/**
 * The error behind a launcher that could not start its command: it then exits with 125 and its stderr is one line of its own.
 * Undefined for everything that the command wrote itself.
 */
export function readLaunchFailure(
  id: string,
  stderr: Uint8Array,
  spec: Pick<LaunchSpec, "cwd" | "account">,
): PixelsError | undefined {
  const prefix = launchFailurePrefix(id);
  const text = Buffer.from(stderr.buffer, stderr.byteOffset, stderr.byteLength).toString("latin1");
  if (!text.startsWith(prefix)) return undefined;
  const reason = text.slice(prefix.length).trimEnd();
  if (reason === "cwd")
    return new WorkingDirectoryNotFoundError(
      `there is no directory ${spec.cwd === undefined ? "for the home of the account" : JSON.stringify(spec.cwd)} that ${JSON.stringify(spec.account)} may enter`,
      { next: "create it first, or run the command elsewhere" },
    );
  if (reason === "account")
    return new AccountNotFoundError(`the sandbox has no account ${JSON.stringify(spec.account)}`, {
      next: "run the command as root",
    });
  return new SandboxNotReadyError(`the sandbox cannot start commands: ${reason}`, {
    next: "check that its image has cgroups mounted and util-linux installed",
  });
}
