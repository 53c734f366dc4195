/** A line as it stands in bash up to the cursor. */
export interface BashLine {
  /** All words but the one at the cursor, that of the command first; without redirections. */
  readonly words: readonly string[];
  /** The word at the cursor as far as it is typed, without its quotes. */
  readonly current: string;
  /** What of `current` readline keeps: it replaces only what follows the last word break, or the quote that is open. */
  readonly kept: string;
  /** Whether it is a file that is redirected to or from. */
  readonly redirected: boolean;
}

const tokens =
  /(?<blank>\s+)|(?<redirection>[<>][<>&|]*)|\\(?<escaped>[^]?)|'(?<single>[^']*)(?<singleEnd>'?)|"(?<double>(?:\\[^]|[^"\\])*\\?)(?<doubleEnd>"?)|(?<plain>[^])/g;

/**
 * Takes a line apart as bash does, but expands nothing. bash's own COMP_WORDS is cut at colons and equals signs and keeps the quotes.
 * `wordBreaks` is COMP_WORDBREAKS.
 */
export function readBashLine(line: string, wordBreaks: string): BashLine {
  const words: string[] = [];
  let word: { text: string; kept: number } | undefined;
  let redirected = false;
  const end = (): void => {
    if (word !== undefined && !redirected) words.push(word.text);
    if (word !== undefined) redirected = false;
    word = undefined;
  };
  for (const { groups = {} } of line.matchAll(tokens)) {
    if (groups["blank"] !== undefined) {
      end();
      continue;
    }
    if (groups["redirection"] !== undefined) {
      // 2>file: the number is the descriptor's
      if (word !== undefined && /^\d+$/.test(word.text)) word = undefined;
      end();
      redirected = true;
      continue;
    }
    word ??= { text: "", kept: 0 };
    const { escaped, single, double, plain } = groups;
    if (plain !== undefined) {
      word.text += plain;
      if (wordBreaks.includes(plain)) word.kept = word.text.length;
    } else {
      if (groups["singleEnd"] === "" || groups["doubleEnd"] === "") word.kept = word.text.length;
      word.text += escaped ?? single ?? double?.replaceAll(/\\([$`"\\])/g, "$1") ?? "";
    }
  }
  const { text = "", kept = 0 } = word ?? {};
  return { words, current: text, kept: text.slice(0, kept), redirected };
}
