import type { BaseContext, Command, CommandClass } from "clipanion";
import { commandNames, loadAllCommands, loadCommand } from "./commands.ts";
import { EXIT_EXEC_FAILED, EXIT_INTERNAL, EXIT_USAGE } from "./exit-codes.ts";
import { renderFailure } from "./failure.ts";
import { PixelsCli } from "./help.ts";
import { toUsageError } from "./usage-error.ts";

/** Runs one command line; gives the exit code. Returns when all is done, though output may still wait for its reader. */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  const word = argv.find((one) => !one.startsWith("-")) ?? "";
  const isExec = word === "exec";
  const options = new Set(argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined));
  const json = options.has("--json");
  const verbose = options.has("--verbose") || options.has("-v");
  const failed = isExec ? EXIT_EXEC_FAILED : EXIT_INTERNAL;
  watchOutput(failed);
  process.once("uncaughtException", (error) => {
    stderr.write(renderFailure(error, { json, verbose }), () => process.exit(failed));
  });

  // clipanion colours even what goes to a file or a pipe unless it is told; getColorDepth honours NO_COLOR
  const colorDepth = stdout.isTTY ? stdout.getColorDepth() : 1;
  const context: BaseContext = { stdin, stdout, stderr, env, colorDepth };
  const parse = (commands: readonly CommandClass[]): ParsedLine => {
    const cli = new PixelsCli({ binaryLabel: "pixels", binaryName: "pixels", enableColors: colorDepth > 1 });
    for (const command of commands) cli.register(command);
    return { cli, command: cli.process([...argv], context) };
  };
  let parsed: ParsedLine;
  try {
    parsed = (await parseAlone(word, parse)) ?? parse(await loadAllCommands());
  } catch (error) {
    stderr.write(renderFailure(toUsageError(error, argv, commandNames), { json, verbose: false }));
    return EXIT_USAGE;
  }
  return (await parsed.cli.run(parsed.command, context)) ?? 0;
}

interface ParsedLine {
  readonly cli: PixelsCli;
  readonly command: Command;
}

/** Most lines need one command: the others, and clipanion's work on them, cost more than all the rest. Undefined where that is not enough. */
async function parseAlone(
  word: string,
  parse: (commands: readonly CommandClass[]) => ParsedLine,
): Promise<ParsedLine | undefined> {
  const command = await loadCommand(word);
  if (command === undefined) return undefined;
  try {
    return parse([command]);
  } catch {
    // an error in the line, or a word that was an option's value
    return undefined;
  }
}

/** A reader that goes away (EPIPE) ends the output quietly; output that is lost for another reason is a failure. */
function watchOutput(exitCode: number): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(
      `pixels: cannot write to stdout: ${error.code ?? error.message}; make room, or write elsewhere\n`,
    );
    process.exitCode ||= exitCode;
  });
}
