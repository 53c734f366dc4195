import { UsageError } from "./failure.ts";

/** What clipanion rejects a command line with, in one line and with the help to read. */
export function toUsageError(
  error: unknown,
  argv: readonly string[],
  paths: readonly (readonly string[])[],
): UsageError {
  const words = argv
    .slice(0, argv.includes("--") ? argv.indexOf("--") : undefined)
    .filter((word) => !word.startsWith("-"));
  const { path, unknown } = findPath(words, paths);
  const help = `see: pixels ${[...path, "--help"].join(" ")}`;
  if (unknown !== undefined)
    return new UsageError(`there is no command ${JSON.stringify([...path, unknown].join(" "))}`, {
      next: help,
    });
  const reason = readReason(error) ?? "the command line cannot be understood";
  if (path[0] === "exec" && !argv.includes("--") && reason.startsWith("unsupported option"))
    return new UsageError(reason, {
      next: "put -- before the command that the sandbox runs: pixels exec <name> -- <command>",
    });
  return new UsageError(reason, { next: help });
}

/** The words of the command that is meant, as far as there is such a one, and the first word that belongs to none. */
function findPath(
  words: readonly string[],
  paths: readonly (readonly string[])[],
): { readonly path: readonly string[]; readonly unknown: string | undefined } {
  const start = words.findIndex((word) => paths.some(([first]) => first === word));
  const command = words[start];
  if (command === undefined) return { path: [], unknown: words[0] };
  const choices = paths.filter(([first]) => first === command).flatMap(([, second]) => second ?? []);
  const next = words[start + 1];
  if (choices.length === 0 || next === undefined) return { path: [command], unknown: undefined };
  return choices.includes(next)
    ? { path: [command, next], unknown: undefined }
    : { path: [command], unknown: next };
}

/** clipanion does not export the class of the error that lists what each command had against the line. */
function readReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!("candidates" in error) || !Array.isArray(error.candidates)) return toSentence(error.message);
  const reasons = new Set(error.candidates.map(({ reason }: { readonly reason?: unknown }) => reason));
  const [reason] = reasons;
  return reasons.size === 1 && typeof reason === "string" ? toSentence(reason) : undefined;
}

/** Its first line, without a full stop, beginning as ours do. */
function toSentence(text: string): string {
  const [line = ""] = text.split("\n");
  return line.charAt(0).toLowerCase() + line.slice(1).replace(/[.:]$/, "");
}
