import { Command, Option } from "clipanion";
import {
  type ExitStatus,
  parseDuration,
  parseSandboxName,
  PixelsError,
  type SandboxProcess,
  type SpawnOptions,
  TimeoutError,
} from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { CompletesTable } from "../completion/completes.ts";
import { controlExec, type ExecControl } from "../exec-control.ts";
import { readsInput } from "../exec-input.ts";
import { CapturingSink, type OutputSink, streamingSink } from "../exec-output.ts";
import { runToEnd } from "../exec-run.ts";
import { EXIT_EXEC_FAILED, EXIT_EXEC_TIMEOUT } from "../exit-codes.ts";
import { OutputClosedError, UsageError } from "../failure.ts";
import { readEnvironment, readFlag } from "../flags.ts";
import { InterruptedError, type Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { revealSessionVariables } from "../session-variables.ts";
import { readTerminalSize } from "../terminal-size.ts";

/** A command that is over sooner is not made longer by looking for what others have left half made. */
const COLLECT_AFTER_MS = 50;

/** `pixels exec`. */
export class ExecCommand extends BaseCommand {
  static override paths = [["exec"]];
  static override synopsis = "[options] <name> -- <command>...";
  static override usage = Command.Usage({
    description: "Run a command in a sandbox",
    details: `
      The command runs exactly as given; no shell reads it. Its output is passed on as it comes, and its exit code becomes that of pixels. What
      fails before or beside it exits with 125, a time-out with 124, Ctrl-C with 130.

      It reads stdin where that is no terminal, or with -i. Ctrl-C sends INT to all its processes, and KILL after two seconds or at the second
      Ctrl-C. With --json its output is in one document, the first MiB of each stream, in base64 where it is not UTF-8.

      With -t it has a terminal, of the type and size of yours, or of 80 columns and 24 rows where you have none, and reads stdin unless -n
      says otherwise. What you type goes to it as keys, Ctrl-C too, and its stdout and stderr are one stream. For a shell that outlives the
      connection: pixels console.
    `,
    examples: [
      ["Look around", "pixels exec dev -- ls -la /etc"],
      ["Something for a shell", `pixels exec dev -- sh -c 'cd /tmp && ls | wc -l'`],
      ["Send a file's content", "pixels exec dev -- tar -xf - -C /srv < site.tar"],
      [
        "As root, with a variable and a limit of time",
        "pixels exec --root --env TERM --timeout 90s dev -- apt-get update",
      ],
      ["A program that draws on the terminal", "pixels exec -t dev -- top"],
    ],
  });

  static override completes: CompletesTable = { command: "remote-command" };

  interactive = Option.Boolean("-i,--interactive", false, { description: "let it read from the terminal" });
  noInput = Option.Boolean("-n,--no-stdin", false, { description: "give it no input" });
  terminal = Option.Boolean("-t,--tty", false, { description: "give it a terminal" });
  root = Option.Boolean("--root", false, { description: "run it as root" });
  cwd = Option.String("--cwd", { description: "<path> where to run it; default: the home folder" });
  env = Option.Array("--env", [], {
    description: "<NAME[=value]> set a variable, or pass yours on; repeatable",
  });
  timeout = Option.String("--timeout", {
    description: "<duration> kill it after this, such as 90s or 1h30m",
  });

  name = Option.String({ name: "name" });
  command = Option.Rest({ name: "command", required: 1 });

  protected override toExitCode(error: unknown): number {
    if (PixelsError.is(error)) return error.code === "TIMEOUT" ? EXIT_EXEC_TIMEOUT : EXIT_EXEC_FAILED;
    if (
      error instanceof UsageError ||
      error instanceof InterruptedError ||
      error instanceof OutputClosedError
    )
      return super.toExitCode(error);
    return EXIT_EXEC_FAILED;
  }

  protected override async run(interrupts: Interrupts): Promise<number> {
    this.#refuseStrayOptions();
    const name = parseSandboxName(this.name);
    const [program = "", ...args] = this.command;
    const flagEnv = readEnvironment(this.env, this.context.env);
    const timeoutMs = readFlag("--timeout", this.timeout, parseDuration);
    if (this.terminal && this.json)
      throw new UsageError("--tty and --json: what a terminal shows is no document", {
        next: "leave one of them out",
      });

    using control = controlExec({ interrupts, timeoutMs, program });
    await using session = await this.open({ signal: control.signal, collect: "later" });
    const { TERM } = this.context.env;
    const options: SpawnOptions = {
      cwd: this.cwd,
      env: {
        ...(this.terminal && TERM !== undefined ? { TERM } : {}),
        ...revealSessionVariables(session.config),
        ...flagEnv,
      },
      root: this.root,
      terminal: this.terminal ? readTerminalSize() : undefined,
    };
    let collecting: NodeJS.Timeout | undefined;
    const start = async (): Promise<SandboxProcess> => {
      const process = await session.client
        .sandbox(name)
        .spawn([program, ...args], { ...options, signal: control.signal });
      control.attach(process);
      collecting = setTimeout(() => void session.collect(), COLLECT_AFTER_MS);
      return process;
    };
    try {
      return this.json ? await this.#capture(start, control) : await this.#stream(start, control);
    } finally {
      clearTimeout(collecting);
    }
  }

  async #stream(start: StartCommand, control: ExecControl): Promise<number> {
    const { stdout, stderr } = this.context;
    for (const stream of [stdout, stderr])
      stream.once("error", () => control.abort(new OutputClosedError("the output is closed")));
    try {
      return (await this.#complete(start, control, streamingSink({ stdout, stderr }))).exitCode;
    } catch (error) {
      // whoever pressed Ctrl-C need not be told
      if (error instanceof InterruptedError) return error.exitCode;
      throw error;
    }
  }

  async #capture(start: StartCommand, control: ExecControl): Promise<number> {
    const startedAt = performance.now();
    const sink = new CapturingSink();
    try {
      const status = await this.#complete(start, control, sink);
      this.context.stdout.write(toDocument(sink.toJson(status, performance.now() - startedAt)));
      return status.exitCode;
    } catch (error) {
      if (!sink.used && !(error instanceof TimeoutError)) throw error;
      this.tell(error, sink.toJson(undefined, performance.now() - startedAt));
      return this.toExitCode(error);
    }
  }

  async #complete(start: StartCommand, control: ExecControl, sink: OutputSink): Promise<ExitStatus> {
    await using process = await start();
    const wish = { interactive: this.interactive, none: this.noInput, terminal: this.terminal };
    const input = readsInput(wish) ? this.context.stdin : undefined;
    // loaded for those that have one
    const run = this.terminal ? (await import("../exec-terminal.ts")).runOnTerminal : runToEnd;
    const status = await run(process, { sink, input });
    control.throwIfInterrupted();
    return status;
  }

  /** Without a "--" an option of the command would be read as ours. */
  #refuseStrayOptions(): void {
    const words = this.tokens.filter(({ type }) => type === "positional");
    const first = words[1]?.segmentIndex ?? Number.POSITIVE_INFINITY;
    if (!this.tokens.some(({ type, segmentIndex }) => type === "option" && segmentIndex > first)) return;
    throw new UsageError("options of the command could be taken for options of pixels", {
      next: `put -- before the command: pixels exec ${this.name} -- ${this.command.join(" ")} ...`,
    });
  }
}

type StartCommand = () => Promise<SandboxProcess>;
