import type { CommandClass } from "clipanion";

/**
 * Every command by the first word of its line, in the order in which help tells them. Each is loaded when it is needed, and no other with it. A
 * word with sub-commands gives all of theirs, after one of its own that tells them.
 */
const commands = {
  create: async () => (await import("./commands/create.ts")).CreateCommand,
  list: async () => (await import("./commands/list.ts")).ListCommand,
  status: async () => (await import("./commands/status.ts")).StatusCommand,
  exec: async () => (await import("./commands/exec.ts")).ExecCommand,
  console: async () => (await import("./commands/console.ts")).ConsoleCommand,
  sessions: async () => (await import("./commands/sessions.ts")).SessionsCommand,
  push: async () => (await import("./commands/push.ts")).PushCommand,
  pull: async () => (await import("./commands/pull.ts")).PullCommand,
  forward: async () => (await import("./commands/forward.ts")).ForwardCommand,
  "ssh-config": async () => (await import("./commands/ssh-config.ts")).SshConfigCommand,
  start: async () => (await import("./commands/start.ts")).StartCommand,
  stop: async () => (await import("./commands/stop.ts")).StopCommand,
  set: async () => (await import("./commands/set.ts")).SetCommand,
  checkpoint: async () => (await import("./commands/checkpoint/index.ts")).checkpointCommands,
  destroy: async () => (await import("./commands/destroy.ts")).DestroyCommand,
  prune: async () => (await import("./commands/prune.ts")).PruneCommand,
  setup: async () => (await import("./commands/setup.ts")).SetupCommand,
  doctor: async () => (await import("./commands/doctor.ts")).DoctorCommand,
  image: async () => (await import("./commands/image/index.ts")).imageCommands,
  config: async () => (await import("./commands/config/index.ts")).configCommands,
  completion: async () => (await import("./commands/completion.ts")).CompletionCommand,
} satisfies Readonly<Record<string, () => Promise<CommandClass | readonly CommandClass[]>>>;

/** Other words for some of them. */
const aliases: Readonly<Record<string, keyof typeof commands>> = { ls: "list", cp: "checkpoint" };

/** Every word that a command can be called by, but `help`, which tells all commands and so is loaded with all of them. */
export const commandNames: readonly string[] = [...Object.keys(commands), ...Object.keys(aliases)];

/** The commands that the word calls; none for any other word. */
export async function loadCommands(word: string): Promise<readonly CommandClass[]> {
  const name = aliases[word] ?? word;
  return Object.hasOwn(commands, name) ? [await commands[name as keyof typeof commands]()].flat() : [];
}

export async function loadAllCommands(): Promise<readonly CommandClass[]> {
  const { OverviewCommand } = await import("./commands/overview.ts");
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return [...loaded.flat(), OverviewCommand];
}
