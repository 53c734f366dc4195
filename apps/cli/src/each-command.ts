import { PixelsError, type WaitOptions } from "@pixels/core";
import { BaseCommand } from "./base-command.ts";
import type { Session } from "./compose.ts";
import { toFailure } from "./failure.ts";
import type { Interrupts } from "./interrupts.ts";
import { toDocument } from "./output.ts";
import { showProgress } from "./progress.ts";

interface Outcome {
  /** As it was typed. */
  readonly item: string;
  /** Absent where it went well. */
  readonly error?: unknown;
}

/** How what is worked on is told. */
export interface EachWords {
  /** How a thing is afterwards. */
  readonly done: string;
  /** Keys of the JSON document: of all of them, and of one's name. */
  readonly list: string;
  readonly item: string;
}

/** A command that does one thing to each of several: all are tried, and the first failure's code is the exit code. */
export abstract class EachCommand<Item extends string> extends BaseCommand {
  protected abstract readonly words: EachWords;

  /** How many are worked on at once. */
  protected abstract readonly maxAtOnce: number;

  /** What was named on the line. Throws what makes all of it impossible. */
  protected abstract getItems(): readonly string[];

  /** Throws INVALID_ARGUMENT. */
  protected abstract parse(text: string): Item;

  protected abstract act(session: Session, item: Item, options: WaitOptions): Promise<void>;

  /** What else the JSON document says. */
  protected describe(): Readonly<Record<string, unknown>> {
    return {};
  }

  protected override async run({ signal }: Interrupts): Promise<number> {
    const items = new Map<string, Item | undefined>();
    const outcomes = new Map<string, Outcome>();
    for (const text of this.getItems()) {
      try {
        // two spellings of one name are the same
        const item = this.parse(text);
        items.set(item, item);
      } catch (error) {
        if (!PixelsError.is(error)) throw error;
        items.set(text, undefined);
        outcomes.set(text, { item: text, error });
      }
    }
    const good = [...items.values()].filter((item) => item !== undefined);
    // bad ones alone are refused before any request
    if (good.length > 0) {
      await using session = await this.open({ signal, collect: "now" });
      const queue = good.values();
      const work = async (): Promise<void> => {
        for (const item of queue) {
          outcomes.set(item, await this.#attempt(session, item, { signal, several: items.size > 1 }));
          signal.throwIfAborted();
        }
      };
      await Promise.all(Array.from({ length: Math.min(this.maxAtOnce, good.length) }, work));
    }
    return this.#tellOutcomes([...items.keys()].flatMap((key) => outcomes.get(key) ?? []));
  }

  async #attempt(
    session: Session,
    item: Item,
    { signal, several }: { readonly signal: AbortSignal; readonly several: boolean },
  ): Promise<Outcome> {
    using progress = showProgress({
      stream: process.stderr,
      label: `${this.path.join(" ")} ${item}`,
      // several spinners would write over each other
      silent: this.json || (process.stderr.isTTY && several),
      env: this.context.env,
    });
    try {
      await this.act(session, item, { signal, onProgress: progress.onProgress });
      return { item };
    } catch (error) {
      if (!PixelsError.is(error)) throw error;
      return { item, error };
    }
  }

  #tellOutcomes(outcomes: readonly Outcome[]): number {
    const failed = outcomes.filter(({ error }) => error !== undefined);
    const [first] = failed;
    if (this.json) {
      const list = outcomes.map((outcome) => this.#toJson(outcome));
      this.context.stdout.write(toDocument({ ...this.describe(), [this.words.list]: list }));
      if (first !== undefined) this.tell(first.error);
    } else {
      for (const { item, error } of outcomes)
        if (error === undefined) this.context.stdout.write(`${item} ${this.words.done}\n`);
      for (const { error } of failed) this.tell(error);
    }
    return first === undefined ? 0 : this.toExitCode(first.error);
  }

  #toJson({ item, error }: Outcome): Record<string, unknown> {
    if (error === undefined) return { [this.words.item]: item, status: this.words.done };
    const { code, message, next } = toFailure(error);
    return { [this.words.item]: item, error: { code, message, next } };
  }
}
