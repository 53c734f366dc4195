import { parseArgs } from "node:util";
import { MIN_PAIRS } from "./statistics.ts";

export interface BenchOptions {
  readonly pairs: number;
  /** Names of rows; none for all. */
  readonly names: readonly string[];
  /** Folder for the results; undefined for the usual one, which takes runs with enough pairs only. */
  readonly out: string | undefined;
  readonly help: boolean;
}

/** Throws an Error with one plain sentence for what cannot be read or does not exist. */
export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      pairs: { type: "string", default: String(MIN_PAIRS) },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const pairs = Number(values.pairs);
  if (!Number.isInteger(pairs) || pairs < 1)
    throw new Error(`--pairs: "${values.pairs}" is not a number of pairs, such as ${MIN_PAIRS}`);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row "${unknown}"; there are: ${known.join(", ")}`);
  return { pairs, names: positionals, out: values.out, help: values.help };
}
