import { Option } from "clipanion";
import { PixelsError, parseSandboxName, type SandboxName, type WaitOptions } from "@pixels/core";
import { BaseCommand } from "./base-command.ts";
import type { Session } from "./compose.ts";
import { toFailure } from "./failure.ts";
import type { Interrupts } from "./interrupts.ts";
import { toDocument } from "./output.ts";
import { showProgress } from "./progress.ts";

/** How many sandboxes one command works on at once: more would only wait for the server. */
const MAX_AT_ONCE = 4;

interface Outcome {
  readonly name: string;
  /** Absent where it went well. */
  readonly error?: unknown;
}

/** A command that does one thing to each sandbox that is named: all are tried, and the first failure's code is the exit code. */
export abstract class NamesCommand extends BaseCommand {
  static override synopsis = "<name>...";

  names = Option.Rest({ name: "name", required: 1 });

  /** How a sandbox is afterwards, for the JSON document and for people. */
  protected abstract readonly done: string;

  protected abstract act(session: Session, name: SandboxName, options: WaitOptions): Promise<void>;

  protected override async run({ signal }: Interrupts): Promise<number> {
    const outcomes = [
      ...new Map(this.names.map(checkName).map((checked) => [checked.name, checked])).values(),
    ];
    const good = [...outcomes.entries()].filter(([, { error }]) => error === undefined);
    // bad names alone are refused before any request
    if (good.length === 0) return this.#tellOutcomes(outcomes);
    await using session = await this.open({ signal, collect: "now" });
    const queue = good.values();
    const work = async (): Promise<void> => {
      for (const [index, { name }] of queue) {
        outcomes[index] = await this.#attempt(session, name, signal);
        signal.throwIfAborted();
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_AT_ONCE, good.length) }, work));
    return this.#tellOutcomes(outcomes);
  }

  async #attempt(session: Session, name: string, signal: AbortSignal): Promise<Outcome> {
    const label = `${this.path.join(" ")} ${name}`;
    using progress = showProgress({
      stream: process.stderr,
      label,
      // several spinners would write over each other
      silent: this.json || (process.stderr.isTTY && this.names.length > 1),
      env: this.context.env,
    });
    try {
      await this.act(session, parseSandboxName(name), { signal, onProgress: progress.onProgress });
      return { name };
    } catch (error) {
      if (!PixelsError.is(error)) throw error;
      return { name, error };
    }
  }

  #tellOutcomes(outcomes: readonly Outcome[]): number {
    const failed = outcomes.filter(({ error }) => error !== undefined);
    const [first] = failed;
    if (this.json) {
      this.context.stdout.write(toDocument({ sandboxes: outcomes.map((outcome) => this.#toJson(outcome)) }));
      if (first !== undefined) this.tell(first.error);
    } else {
      for (const { name, error } of outcomes)
        if (error === undefined) this.context.stdout.write(`${name} ${this.done}\n`);
      for (const { error } of failed) this.tell(error);
    }
    return first === undefined ? 0 : this.toExitCode(first.error);
  }

  #toJson({ name, error }: Outcome): Record<string, unknown> {
    if (error === undefined) return { name, status: this.done };
    const { code, message, next } = toFailure(error);
    return { name, error: { code, message, next } };
  }
}

/** Two spellings of one name are the same. */
function checkName(text: string): Outcome {
  try {
    return { name: parseSandboxName(text) };
  } catch (error) {
    return { name: text, error };
  }
}
