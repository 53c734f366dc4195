/** What a value may depend on beside itself. */
export interface ValueContext {
  readonly homeDirectory: string;
  /** The folder that relative paths count from; absent: they stay relative. */
  readonly directory?: string | undefined;
}

/** What does not fit: the value, or one part of it under that part's name. */
export class Unfit {
  readonly found: unknown;
  readonly part: string | undefined;

  constructor(found: unknown, part?: string) {
    this.found = found;
    this.part = part;
  }
}

/** A kind of value: what it looks like and how it is read. */
export interface ValueKind<T> {
  /** Completes "expected …". */
  readonly expected: string;
  /** Takes a value as TOML has it. */
  readonly accept: (value: unknown, context: ValueContext) => T | Unfit;
  /** Turns the text of a variable or flag into what TOML would have. Default: the text itself. */
  readonly fromText?: (text: string) => unknown;
}

/** One line of text that is not empty, without control characters. */
export function isLine(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && !/\p{Cc}/u.test(value);
}

/** A table of TOML: neither a list nor a date. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Values written as one line of text of a certain form; `read` answers undefined where it has not that form. */
export function line<T>(
  expected: string,
  read: (text: string, context: ValueContext) => T | undefined,
): ValueKind<T> {
  return {
    expected,
    accept: (value, context) => (isLine(value) ? read(value, context) : undefined) ?? new Unfit(value),
  };
}

/** Values written as a line of text or as a plain number. */
export function quantity<T>(expected: string, read: (text: string) => T | undefined): ValueKind<T> {
  return {
    expected,
    accept: (value) =>
      (typeof value === "string" || typeof value === "number" ? read(String(value)) : undefined) ??
      new Unfit(value),
  };
}

/** One of a few words. */
export function choice<const T extends string>(...choices: readonly T[]): ValueKind<T> {
  const quoted = choices.map((word) => JSON.stringify(word));
  return line(`${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`, (text) =>
    choices.find((word) => word === text),
  );
}

/** Whole numbers from `minimum` to `maximum`. */
export function integer(expected: string, minimum: number, maximum: number): ValueKind<number> {
  return {
    expected,
    accept: (value) =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum
        ? value
        : new Unfit(value),
    fromText: toNumber,
  };
}

/** Lists of lines of text, separated by commas where they come as one text. */
export function list(
  expected: string,
  read: (item: string, context: ValueContext) => string | undefined,
): ValueKind<readonly string[]> {
  return {
    expected,
    accept(value, context) {
      if (!Array.isArray(value)) return new Unfit(value);
      const items: string[] = [];
      for (const [index, item] of value.entries()) {
        const text = isLine(item) ? read(item, context) : undefined;
        if (text === undefined) return new Unfit(item, `[${index}]`);
        items.push(text);
      }
      return items;
    },
    fromText: splitList,
  };
}

/** Tables of names with whole numbers from 0 on; as one text `name=number,…`. */
export function counts(expected: string): ValueKind<Readonly<Record<string, number>>> {
  return {
    expected,
    accept(value) {
      if (!isTable(value)) return new Unfit(value);
      const entries: [string, number][] = [];
      for (const [name, count] of Object.entries(value)) {
        if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
          return new Unfit(count, `.${name}`);
        entries.push([name, count]);
      }
      return Object.fromEntries(entries);
    },
    fromText(text) {
      const entries = splitList(text).map((item) => /^([^=]+)=(\d+)$/.exec(item));
      return entries.every((entry) => entry !== null)
        ? Object.fromEntries(entries.map(([, name = "", count]) => [name.trim(), Number(count)]))
        : text;
    },
  };
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function toNumber(text: string): unknown {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
