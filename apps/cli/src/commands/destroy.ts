import { Command, Option } from "clipanion";
import { InvalidArgumentError, type SandboxName, type WaitOptions } from "@pixels/core";
import type { Session } from "../compose.ts";
import { confirm } from "../confirm.ts";
import { EXIT_DECLINED } from "../exit-codes.ts";
import type { Interrupts } from "../interrupts.ts";
import { NamesCommand } from "../names-command.ts";

/** `pixels destroy`. */
export class DestroyCommand extends NamesCommand {
  static override paths = [["destroy"]];
  static override synopsis = "[--force] <name>...";
  static override usage = Command.Usage({
    description: "Remove sandboxes with all that is in them",
    details: `
      Asks first on a terminal; without a terminal it needs --force. With --force a sandbox that does not exist is fine too. All the sandboxes
      that are named are tried; the exit code is that of the first failure.
    `,
    examples: [
      ["Remove a sandbox, after a question", "pixels destroy dev"],
      ["Remove two in a script", "pixels destroy --force dev test"],
    ],
  });

  force = Option.Boolean("--force", false, { description: "do not ask; a missing sandbox is fine" });

  protected override readonly done = "destroyed";

  protected override async run(interrupts: Interrupts): Promise<number> {
    if (!this.force) {
      const names = this.names.join(", ");
      const sure = await confirm(`Destroy ${names} with all files in it?`, {
        signal: interrupts.signal,
        what: `destroy asks before it removes ${names}`,
      });
      if (!sure) {
        this.context.stderr.write("pixels: nothing was destroyed\n");
        return EXIT_DECLINED;
      }
    }
    return await super.run(interrupts);
  }

  protected override async act(
    { client, config }: Session,
    name: SandboxName,
    options: WaitOptions,
  ): Promise<void> {
    if (name.startsWith(config.mcp.basePrefix))
      throw new InvalidArgumentError(`${JSON.stringify(name)} is a base, which destroy leaves alone`, {
        next: "name a sandbox; see which there are with: pixels list",
      });
    const sandbox = this.force ? client.sandbox(name) : await client.get(name, options);
    await sandbox.destroy(options);
  }
}
