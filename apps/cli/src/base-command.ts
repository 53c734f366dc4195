import { Command, Option } from "clipanion";
import type { CallOptions } from "@pixels/core";
import type { CompletesTable } from "./completion/completes.ts";
import type { Session, SessionOptions } from "./compose.ts";
import { OutputClosedError, renderFailure, toFailure } from "./failure.ts";
import { type Interrupts, listenForInterrupts } from "./interrupts.ts";
import { VERSION } from "./version.ts";

interface OpenOptions extends CallOptions, Pick<SessionOptions, "spareLaunchers" | "onProvisioned"> {
  readonly collect: "now" | "later";
}

/** Base of every command: the global flags, signals, and how failures are told. */
export abstract class BaseCommand extends Command {
  /** What follows the command's name in its usage line. */
  static synopsis = "";

  /**
   * What completion offers for the command's own positionals and values of options, by property. It must be said of each positional but
   * those that help calls "name", which are sandboxes; of an option that is not named here no value is known.
   */
  static completes: CompletesTable = { config: "file", backend: { values: ["incus"] } };

  verbose = Option.Boolean("-v,--verbose", false, {
    description: "say more: causes and stack traces of errors",
  });
  json = Option.Boolean("--json", false, { description: "print one JSON document instead of text" });
  config = Option.String("--config", {
    description: "<file> configuration to use, instead of PIXELS_CONFIG",
  });
  backend = Option.String("--backend", { description: "<name> where sandboxes live" });
  version = Option.Boolean("--version", false, { description: "print the version" });

  /** Does the work and gives the exit code. What it rejects with is told on stderr. */
  protected abstract run(interrupts: Interrupts): Promise<number>;

  /** The exit code for a failure. */
  protected toExitCode(error: unknown): number {
    return toFailure(error).exitCode;
  }

  override async execute(): Promise<number> {
    if (this.version) {
      this.context.stdout.write(`${VERSION}\n`);
      return 0;
    }
    using interrupts = listenForInterrupts();
    try {
      return await this.run(interrupts);
    } catch (error) {
      this.tell(error);
      return this.toExitCode(error);
    }
  }

  /** Writes a failure to stderr. */
  protected tell(error: unknown, extra?: Readonly<Record<string, unknown>>): void {
    if (error instanceof OutputClosedError) return;
    this.context.stderr.write(renderFailure(error, { json: this.json, verbose: this.verbose, extra }));
  }

  /** Reads the configuration and gives a client; what killed commands have left is collected alongside, unless `later`. */
  protected async open({ signal, collect, ...rest }: OpenOptions): Promise<Session> {
    // loaded here and not at the top: --help and mistyped command lines do without
    const { openSession } = await import("./compose.ts");
    const session = await openSession({ ...this.sessionOptions({ signal }), ...rest });
    if (collect === "now") void session.collect();
    return session;
  }

  /** What the global flags and the environment say of the session. */
  protected sessionOptions({ signal }: CallOptions): SessionOptions {
    const note = (kind: string, message: string): void => {
      if (!this.json) this.context.stderr.write(`pixels: ${kind}: ${message}\n`);
    };
    return {
      env: this.context.env,
      configPath: this.config,
      backend: this.backend,
      warn: (message) => note("warning", message),
      debug: (message) => {
        if (this.verbose) note("debug", message);
      },
      signal,
    };
  }
}
