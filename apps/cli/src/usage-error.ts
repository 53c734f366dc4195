import { UsageError } from "./failure.ts";

/** What clipanion rejects a command line with, in one line and with the help to read. */
export function toUsageError(
  error: unknown,
  argv: readonly string[],
  commands: readonly string[],
): UsageError {
  const words = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
  const command = words.find((word) => commands.includes(word));
  const first = words.find((word) => !word.startsWith("-"));
  const help = `see: pixels ${command === undefined ? "" : `${command} `}--help`;
  if (command === undefined && first !== undefined)
    return new UsageError(`there is no command ${JSON.stringify(first)}`, { next: help });
  const reason = readReason(error) ?? "the command line cannot be understood";
  if (command === "exec" && !argv.includes("--") && reason.startsWith("unsupported option"))
    return new UsageError(reason, {
      next: "put -- before the command that the sandbox runs: pixels exec <name> -- <command>",
    });
  return new UsageError(reason, { next: help });
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
