import { type Candidates, findCandidates } from "./candidates.ts";
import { readBashLine } from "./bash-line.ts";
import { findQuestion } from "./question.ts";
import { isShell, type Shell } from "./shells.ts";

/** What a shell's script takes for "complete paths yourself"; no candidate begins with a colon. */
const FILES = ":files\n";

/** Words that no shell reads anything else into, so that scripts need not quote them. */
const harmless = /^[\w.:=-]+$/;

/**
 * Answers a completion script, `pixels __complete <shell> -- …`, on stdout, in the words of its shell. Then it ends the process, with 0: a server
 * that still does not answer is not waited for. Says nothing where nothing is found, whatever the reason.
 */
export async function answer([shell = "", separator, ...words]: readonly string[]): Promise<void> {
  process.once("uncaughtException", end);
  process.stdout.once("error", end);
  const text = isShell(shell) && separator === "--" ? await reply(shell, words).catch(() => "") : "";
  process.stdout.write(text, end);
}

function end(): never {
  process.exit(0);
}

/** bash sends the line and its word breaks; zsh and fish send words, the command's own first, the one at the cursor last. */
async function reply(shell: Shell, args: readonly string[]): Promise<string> {
  const { words, current, kept, redirected } =
    shell === "bash" ? readBashLine(args[0] ?? "", args[1] ?? "") : readWords(args);
  if (redirected) return FILES;
  const question = await findQuestion(words.slice(1), current);
  if (question === undefined) return "";
  const found = await findCandidates(question, { current, env: process.env, described: shell !== "bash" });
  return format(shell, found, { current, kept });
}

function readWords(args: readonly string[]): ReturnType<typeof readBashLine> {
  // fish sends the quote that is open
  const current = (args.at(-1) ?? "").replace(/^["']/, "");
  return { words: args.slice(0, -1), current, kept: "", redirected: false };
}

function format(
  shell: Shell,
  found: Candidates,
  { current, kept }: { readonly current: string; readonly kept: string },
): string {
  if ("files" in found) return FILES;
  const lines = found
    .filter(({ value }) => harmless.test(value))
    .flatMap(({ value, description = "" }) => {
      const text = description.trim().replaceAll(/\s+/g, " ");
      switch (shell) {
        case "bash":
          // zsh and fish choose for themselves what matches
          return value.startsWith(current) ? [value.slice(kept.length)] : [];
        case "zsh":
          return [[value.replaceAll(":", String.raw`\:`), text].filter((part) => part !== "").join(":")];
        case "fish":
          return [`${value}\t${text}`];
      }
    });
  return lines.map((line) => `${line}\n`).join("");
}
