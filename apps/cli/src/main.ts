import type { BaseContext, Command, CommandClass } from "clipanion";
import { loadAllCommands, loadCommands } from "./commands.ts";
import { EXIT_EXEC_FAILED, EXIT_INTERNAL, EXIT_USAGE } from "./exit-codes.ts";
import { renderFailure } from "./failure.ts";
import { chooseHelp, PixelsCli } from "./help.ts";
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
    for (const one of commands) cli.register(one);
    const command = cli.process([...argv], context);
    chooseHelp(command);
    return { cli, command };
  };
  let parsed: ParsedLine;
  try {
    parsed = (await parseAlone(word, parse)) ?? parse(await loadAllCommands());
  } catch (error) {
    const paths = (await loadAllCommands()).flatMap((command) => command.paths ?? []);
    stderr.write(renderFailure(toUsageError(error, argv, paths), { json, verbose: false }));
    return EXIT_USAGE;
  }
  return (await parsed.cli.run(parsed.command, context)) ?? 0;
}

interface ParsedLine {
  readonly cli: PixelsCli;
  readonly command: Command;
}

/** Most lines need the commands of one word: the others, and clipanion's work on them, cost more than all the rest. Undefined where that is not enough. */
async function parseAlone(
  word: string,
  parse: (commands: readonly CommandClass[]) => ParsedLine,
): Promise<ParsedLine | undefined> {
  const commands = await loadCommands(word);
  if (commands.length === 0) return undefined;
  try {
    return parse(commands);
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
