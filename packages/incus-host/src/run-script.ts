import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { BackendFailedError, type CallOptions } from "@pixels/core";

/** A constant shell script; what varies comes as arguments, never inside the text. */
export interface Script {
  /** Names the script in errors and in the process list. */
  readonly name: string;
  readonly text: string;
  readonly args?: readonly string[];
}

export interface RunScriptOptions extends CallOptions {
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ScriptProcess {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  /** Writes to what reads from it. */
  sayOnLifeline(line: string): void;
  /** Ends what reads from it as soon as this process is gone, however it ended: fd 3 of the script gives end of file. */
  cutLifeline(): void;
  /** Resolves with the exit code once the script has ended, 128 + n where a signal ended it. */
  readonly exited: Promise<number>;
  /** The last lines of standard error. */
  errorTail(): string;
  /** Stops listening, so that the script may outlive us or our event loop end. */
  detach(): void;
}

/** Starts a script in a session of its own, so that a Ctrl-C of the terminal does not reach it. */
export function startScript(
  { name, text, args = [] }: Script,
  env: Readonly<Record<string, string>> = {},
): ScriptProcess {
  const child = spawn("bash", ["-c", text, name, ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...env },
  });
  const [, stdout, stderr, lifeline] = child.stdio as unknown as [null, Readable, Readable, Socket];
  let tail = "";
  stderr.setEncoding("utf8").on("data", (data: string) => {
    tail = (tail + data).slice(-2000);
  });
  // the other end may be gone already
  lifeline.on("error", () => {});
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 137)));
  });
  // whoever waits learns of it; nobody need wait
  exited.catch(() => {});
  return {
    child,
    stdout,
    exited,
    sayOnLifeline: (line) => void lifeline.write(`${line}\n`),
    cutLifeline: () => lifeline.destroy(),
    errorTail: () => tail.trim(),
    detach() {
      stdout.destroy();
      stderr.destroy();
      child.unref();
      lifeline.unref();
    },
  };
}

/**
 * Runs a script to its end. An abort cuts its lifeline, ends its session's processes and rejects with the signal's reason;
 * another exit code than 0 rejects with BACKEND_FAILED and the end of what it said.
 */
export async function runScript(script: Script, options: RunScriptOptions = {}): Promise<void> {
  const { signal, onLine, env } = options;
  signal?.throwIfAborted();
  const running = startScript(script, env);
  createInterface({ input: running.stdout }).on("line", (line) => onLine?.(line));
  const stop = () => {
    running.cutLifeline();
    endGroup(running.child.pid);
  };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const exitCode = await running.exited;
    signal?.throwIfAborted();
    if (exitCode !== 0)
      throw new BackendFailedError(
        `${script.name} failed with exit code ${exitCode}: ${running.errorTail()}`,
        {
          context: { exitCode },
        },
      );
  } finally {
    signal?.removeEventListener("abort", stop);
    running.cutLifeline();
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // ended by itself in the meantime
  }
}
