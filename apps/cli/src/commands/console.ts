import { Command, Option } from "clipanion";
import { parseSandboxName } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { CompletesTable } from "../completion/completes.ts";
import { UsageError } from "../failure.ts";
import { readFlag } from "../flags.ts";
import type { Interrupts } from "../interrupts.ts";

/** `pixels console`. */
export class ConsoleCommand extends BaseCommand {
  static override paths = [["console"]];
  static override synopsis = "[-s <session>] [--no-persist] [--root] <name>";
  static override usage = Command.Usage({
    description: "Open a shell in a sandbox that lives on without you",
    details: `
      A login shell on your terminal, in a session that the sandbox keeps: Ctrl+\\ or the command detach leaves it, as does a connection that is
      lost, and the same command comes back to it, with the screen as it is by then. A stopped sandbox is started. Several terminals may look
      at one session. It needs zmx or tmux in the sandbox, and takes zmx where both are there.

      When the shell ends, so does the session, and its exit code becomes that of pixels where it is known; 0 is also that of a session that
      was left. With --no-persist it is a plain shell, which ends with the connection.
    `,
    examples: [
      ["A shell, or back to it", "pixels console dev"],
      ["A second one", "pixels console dev -s build"],
      ["As root, for this once", "pixels console --root --no-persist dev"],
    ],
  });

  static override completes: CompletesTable = { session: "session" };

  session = Option.String("-s,--session", { description: '<session> which one; default: "console"' });
  noPersist = Option.Boolean("--no-persist", false, {
    description: "a plain shell instead, which ends with the connection",
  });
  root = Option.Boolean("--root", false, { description: "as root, whose sessions are its own" });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    if (this.json)
      throw new UsageError("console and --json: what a terminal shows is no document", {
        next: `run a command with: pixels exec --json ${this.name} -- <command>`,
      });
    if (this.noPersist && this.session !== undefined)
      throw new UsageError("--session and --no-persist: a shell that is not kept is in no session", {
        next: "leave one of them out",
      });
    const name = parseSandboxName(this.name);
    const { parseSessionName } = await import("@pixels/provisioner");
    const { openConsole, requireTerminal } = await import("../open-console.ts");
    const chosen = readFlag("--session", this.session, parseSessionName);
    requireTerminal(name);
    await using session = await this.open({ signal, collect: "later" });
    void session.collect();
    const wish = { name, session: chosen, persist: !this.noPersist, root: this.root };
    return await openConsole(session, wish, { context: this.context, signal });
  }
}
