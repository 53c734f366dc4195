import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { ProcessChannel, ProcessSpec } from "../../backend/backend.ts";
import { unsupported } from "../../backend/unsupported.ts";
import { SandboxNotReadyError, WorkingDirectoryNotFoundError } from "../../errors.ts";
import type { ExitStatus, OutputChunk } from "../../exec.ts";
import { abortable } from "../../internal/abortable.ts";
import type { CallOptions } from "../../options.ts";
import { type ProcessSignal, processSignals } from "../../process-signals.ts";
import { HOME, type Machine, SEARCH_PATH } from "./machine.ts";
import { mergeOutput, type OutputSource } from "./merge-output.ts";
import { readToMarker } from "./read-to-marker.ts";

/**
 * $1 token, $2 cwd, then the command. PID 1 of the command's own process namespace, so that nothing the command starts can leave it. It
 * says on descriptor 3 which number it has in the sandbox, and ends both streams (1, and 4 for stderr, so that no word of the programs
 * around the command gets into it) with a NUL, the token and the exit code, since what the command leaves running holds them open. It
 * stays for as long as there is any such process.
 */
const initScript = `
token=$1 cwd=$2
shift 2
exec 2>/dev/null
cd -- "$cwd" || { echo cwd >&3; exit 1; }
read -r number rest </proc/self/stat
echo "$number" >&3
exec 3>&-
(exec "$@" 2>&4 4>&-)
status=$?
printf '\\0%s %s\\n' "$token" "$status"
printf '\\0%s %s\\n' "$token" "$status" >&4
exec </dev/null >/dev/null 4>&-
# a shell is not told of children that it has inherited
while kill -s 0 -- -1; do sleep 0.1; done
`;

const killedStatus: ExitStatus = { exitCode: 128 + processSignals.KILL, signal: "KILL" };

/** A command in a machine, in a process namespace of its own. Rejects with WORKING_DIRECTORY_NOT_FOUND or SANDBOX_NOT_READY. */
export async function openNamespaceCommand(machine: Machine, spec: ProcessSpec): Promise<ProcessChannel> {
  const token = randomBytes(16).toString("hex");
  const environment = {
    HOME,
    USER: "root",
    LOGNAME: "root",
    SHELL: "/bin/sh",
    PATH: SEARCH_PATH,
    LANG: "C.UTF-8",
    ...spec.env,
  };
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  // the last unshare changes nothing: it stands between env and a command whose name may have a = in it
  const command = ["env", "-i", "--", ...variables, machine.unshare, "--", ...spec.command];
  const init = ["sh", "-c", initScript, "sh", token, spec.cwd ?? HOME, ...command];
  const child = machine.spawn([machine.unshare, "--pid", "--fork", "--kill-child=KILL", "--", ...init]);
  const marker = Buffer.from(`\0${token} `);
  const sources = [
    openSource("stdout", child.stdout, marker),
    openSource("stderr", child.stdio[4] as Readable, marker),
  ];
  const complaint = text(child.stderr);
  const report = await readReport(child);
  if (report !== undefined && /^\d+$/.test(report))
    return new NamespaceCommand(machine, child, { number: report, sources });
  if (report === "cwd")
    throw new WorkingDirectoryNotFoundError(
      `there is no directory ${JSON.stringify(spec.cwd ?? HOME)} in the sandbox`,
      {
        next: "create it first, or run the command elsewhere",
      },
    );
  throw new SandboxNotReadyError(`the sandbox cannot start a command: ${(await complaint).trim()}`);
}

interface StartedCommand {
  /** Of the command's init, in the sandbox. */
  readonly number: string;
  readonly sources: readonly OutputSource[];
}

class NamespaceCommand implements ProcessChannel {
  readonly output: AsyncIterable<OutputChunk>;
  readonly exit: Promise<ExitStatus>;
  readonly #machine: Machine;
  readonly #number: string;
  readonly #gone: Promise<unknown>;
  readonly #stdin: Writable;
  #ended = false;

  constructor(machine: Machine, child: ChildProcessWithoutNullStreams, started: StartedCommand) {
    this.#machine = machine;
    this.#number = started.number;
    this.#gone =
      child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
    this.#stdin = child.stdin;
    this.#stdin.on("error", () => {});
    let onEnd: ((status: ExitStatus) => void) | undefined;
    this.exit = new Promise((resolve) => {
      onEnd = resolve;
    });
    this.output = mergeOutput(started.sources, (returned) => {
      this.#ended = true;
      this.#stdin.destroy();
      const exitCode = returned.find((code) => code !== undefined);
      onEnd?.(exitCode === undefined ? killedStatus : { exitCode: Number(exitCode) });
    });
  }

  async write(data: Uint8Array, { signal }: CallOptions): Promise<void> {
    signal?.throwIfAborted();
    await abortable(new Promise<void>((resolve) => this.#stdin.write(data, () => resolve())), signal);
  }

  async closeStdin(): Promise<void> {
    this.#stdin.end();
  }

  async resize(): Promise<void> {
    throw unsupported("memory", "give a command a terminal");
  }

  async signal(signal: ProcessSignal, options: CallOptions): Promise<void> {
    if (this.#ended) return;
    if (signal !== "KILL") {
      // to -1: every process of the namespace but its init
      const namespace = `--pid=/proc/${this.#number}/ns/pid`;
      await this.#machine.run(["nsenter", namespace, "--", "sh", "-c", 'kill -s "$1" -- -1', "sh", signal]);
      return;
    }
    // fails where the command has just ended, which is as good
    await this.#machine.run(["sh", "-c", 'kill -s KILL -- "$1"', "sh", this.#number]);
    await abortable(this.#gone, options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal("KILL", {});
  }
}

/** The first line on descriptor 3; undefined where the command's init never came that far. */
async function readReport(child: ChildProcessWithoutNullStreams): Promise<string | undefined> {
  const lines = createInterface({ input: child.stdio[3] as Readable });
  child.once("error", () => lines.close());
  for await (const line of lines) return line;
  return undefined;
}

function openSource(stream: OutputSource["stream"], readable: Readable, marker: Buffer): OutputSource {
  const chunks = readToMarker(readable, marker);
  return { stream, chunks, first: chunks.next() };
}
