import type { CommandClass } from "clipanion";
import { loadCommands } from "../commands.ts";
import { OverviewCommand } from "../commands/overview.ts";
import type { Completes } from "./completes.ts";
import { findOption, isOptionLike, type Line, readLine, splitOption } from "./line.ts";
import { type OptionParameter, type Parameters, readParameters } from "./parameters.ts";

/** What is asked for at the cursor. */
export type Question =
  | { readonly asks: "command" }
  | { readonly asks: "sub-command"; readonly of: string; readonly commands: readonly CommandClass[] }
  | { readonly asks: "option"; readonly options: readonly OptionParameter[] }
  | ValueQuestion;

export interface ValueQuestion {
  readonly asks: "value";
  readonly completes: Completes;
  /** What the word has before the value: `--option=`, or nothing. */
  readonly before: string;
  readonly line: Line;
  /** Sandboxes that the line names already. */
  readonly sandboxes: readonly string[];
}

/** Finds out from the words before the cursor, and the one at it as far as it is typed. Undefined: nothing can stand there. */
export async function findQuestion(words: readonly string[], current: string): Promise<Question | undefined> {
  // every command has its options, and no other has so few
  const global = readParameters(OverviewCommand);
  const start = readLine(words, global);
  const [word, second] = start.positionals;
  if (word === undefined)
    return askWithin({ parameters: global, line: start, path: [], current }) ?? { asks: "command" };

  const commands = await loadCommands(word);
  const isGroup = commands.length > 1;
  const path = isGroup && second !== undefined ? [word, second] : [word];
  const commandClass = commands.find(({ paths = [] }) =>
    paths.some((one) => one.join(" ") === path.join(" ")),
  );
  if (commandClass === undefined) return undefined;
  const parameters = readParameters(commandClass);
  const question = askWithin({ parameters, line: readLine(words, parameters), path, current });
  return question ?? (isGroup && path.length === 1 ? { asks: "sub-command", of: word, commands } : undefined);
}

/** What a command whose words these are takes at the cursor. */
function askWithin(parts: {
  readonly parameters: Parameters;
  readonly line: Line;
  readonly path: readonly string[];
  readonly current: string;
}): Question | undefined {
  const { parameters, line, path, current } = parts;
  const { options, positionals } = parameters;
  const given = line.positionals.slice(path.length);
  const completesAt = (index: number): Completes | undefined => {
    const last = positionals.length - 1;
    const positional =
      positionals[index] ?? (positionals[last]?.repeats === true ? positionals[last] : undefined);
    return positional && takeTurn(positional.completes, index - positionals.indexOf(positional));
  };
  const sandboxes = given.filter((_, index) => completesAt(index) === "sandbox");
  const ask = (completes: Completes, before = ""): ValueQuestion => ({
    asks: "value",
    completes,
    before,
    line,
    sandboxes,
  });

  if (!line.ended && (isOptionLike(current) || (current === "-" && line.pending === undefined))) {
    const { name, value } = splitOption(current);
    if (value === undefined) return { asks: "option", options };
    const option = findOption(options, name);
    return option?.takesValue === true ? ask(option.completes, `${name}=`) : undefined;
  }
  if (line.pending !== undefined) return ask(line.pending.completes);
  const completes = completesAt(given.length);
  return completes && ask(completes);
}

function takeTurn(completes: Completes | undefined, turn: number): Completes | undefined {
  if (typeof completes !== "object" || !("inTurn" in completes)) return completes;
  return completes.inTurn[turn] ?? completes.inTurn.at(-1);
}
