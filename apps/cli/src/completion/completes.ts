/**
 * What can stand in a place of the command line, for completion. `checkpoint`: a label of the sandbox that the line names. `session`: one of its
 * persistent sessions. `clone-source`:
 * `<name>[:<checkpoint>]`. `file`: a path on this machine. `remote-command`: what a sandbox runs, after `--`. `nothing`: what nobody can
 * guess. `values`: these alone. `inTurn`: of a positional that repeats, one after the other; the last one stands for all that follow.
 */
export type Completes =
  | "sandbox"
  | "checkpoint"
  | "session"
  | "clone-source"
  | "file"
  | "remote-command"
  | "nothing"
  | { readonly values: readonly string[] }
  | { readonly inTurn: readonly Completes[] };

/** By the property of the command's class that has the positional, or the option's value. */
export type CompletesTable = Readonly<Record<string, Completes>>;

/** What a class says of one of its properties; what it does not say, its base class says. */
export function findCompletes(commandClass: object, property: string): Completes | undefined {
  for (let one: unknown = commandClass; typeof one === "function"; one = Object.getPrototypeOf(one)) {
    const table: unknown = Object.getOwnPropertyDescriptor(one, "completes")?.value;
    if (typeof table === "object" && table !== null && Object.hasOwn(table, property))
      return (table as CompletesTable)[property];
  }
  return undefined;
}
