import type { CommandClass } from "clipanion";

/** Every command by the first word of its line, in the order in which help tells them. Each is loaded when it is needed, and no other with it. */
const commands = {
  create: async () => (await import("./commands/create.ts")).CreateCommand,
  list: async () => (await import("./commands/list.ts")).ListCommand,
  status: async () => (await import("./commands/status.ts")).StatusCommand,
  exec: async () => (await import("./commands/exec.ts")).ExecCommand,
  push: async () => (await import("./commands/push.ts")).PushCommand,
  pull: async () => (await import("./commands/pull.ts")).PullCommand,
  start: async () => (await import("./commands/start.ts")).StartCommand,
  stop: async () => (await import("./commands/stop.ts")).StopCommand,
  destroy: async () => (await import("./commands/destroy.ts")).DestroyCommand,
} satisfies Readonly<Record<string, () => Promise<CommandClass>>>;

/** Tells of all the others, so it needs them too. */
const loadOverview = async () => (await import("./commands/overview.ts")).OverviewCommand;

/** Other words for some of them. */
const aliases: Readonly<Record<string, keyof typeof commands>> = { ls: "list" };

/** Every word that a command can be called by. */
export const commandNames: readonly string[] = [...Object.keys(commands), ...Object.keys(aliases), "help"];

/** The command that the word calls by itself; undefined for any other word. */
export async function loadCommand(word: string): Promise<CommandClass | undefined> {
  const name = aliases[word] ?? word;
  return Object.hasOwn(commands, name) ? await commands[name as keyof typeof commands]() : undefined;
}

export async function loadAllCommands(): Promise<readonly CommandClass[]> {
  return await Promise.all([...Object.values(commands), loadOverview].map((load) => load()));
}
