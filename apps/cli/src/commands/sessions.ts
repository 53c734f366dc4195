import { Command, Option } from "clipanion";
import { parseSandboxName } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import { findAllSessions } from "../find-sessions.ts";
import type { Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { toSessionJson, toSessionRows } from "../session-rows.ts";

/** `pixels sessions`. */
export class SessionsCommand extends BaseCommand {
  static override paths = [["sessions"]];
  static override synopsis = "<name>";
  static override usage = Command.Usage({
    description: "List a sandbox's persistent sessions",
    details: `
      Name, state, account, attached terminals, age, and the exit code where it is known. Attached: somebody looks at it. Detached: it goes on by
      itself. Ended: its shell has ended, and it stands here until another one of its name is opened, or the sandbox stops. pixels console opens
      them and comes back to them.
    `,
    examples: [
      ["Which sessions there are", "pixels sessions dev"],
      [
        "How a session has ended",
        `pixels sessions dev --json | jq '.sessions[] | select(.name == "build") | .exit_code'`,
      ],
    ],
  });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    await using session = await this.open({ signal, collect: "now" });
    const sessions = await findAllSessions(session.client.sandbox(name), { signal });
    this.context.stdout.write(
      this.json
        ? toDocument({ name, sessions: sessions.map(toSessionJson) })
        : toSessionRows(sessions, new Date()),
    );
    return 0;
  }
}
