import type { OptionParameter, Parameters } from "./parameters.ts";

/** The words before the cursor, as a command that has these options understands them. */
export interface Line {
  /** With the words of the command itself. */
  readonly positionals: readonly string[];
  /** Values of options, by the property that they are for; the last one counts. */
  readonly values: ReadonlyMap<string, string>;
  /** The option whose value comes next. */
  readonly pending: OptionParameter | undefined;
  /** Whether there was a `--`, after which nothing is an option. */
  readonly ended: boolean;
}

/** Never refuses: a line that is being typed may be anything. */
export function readLine(words: readonly string[], { options }: Parameters): Line {
  const positionals: string[] = [];
  const values = new Map<string, string>();
  let pending: OptionParameter | undefined;
  let ended = false;
  for (const word of words) {
    const awaited = pending;
    pending = undefined;
    if (ended) positionals.push(word);
    else if (word === "--") ended = true;
    else if (isOptionLike(word)) {
      const { name, value } = splitOption(word);
      const option = findOption(options, name);
      if (option?.takesValue !== true) continue;
      if (value === undefined) pending = option;
      else values.set(option.property, value);
    } else if (awaited === undefined) positionals.push(word);
    else values.set(awaited.property, word);
  }
  return { positionals, values, pending, ended };
}

/** A lone hyphen is a word like others. */
export function isOptionLike(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

/** `--name=value`; the value is undefined where there is no "=". */
export function splitOption(word: string): { readonly name: string; readonly value: string | undefined } {
  const cut = word.indexOf("=");
  return cut === -1
    ? { name: word, value: undefined }
    : { name: word.slice(0, cut), value: word.slice(cut + 1) };
}

export function findOption(options: readonly OptionParameter[], name: string): OptionParameter | undefined {
  return options.find(({ names }) => names.includes(name));
}
