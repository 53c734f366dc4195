import { Command } from "clipanion";
import type { SandboxName, WaitOptions } from "@pixels/core";
import type { Session } from "../compose.ts";
import { NamesCommand } from "../names-command.ts";

/** `pixels stop`. */
export class StopCommand extends NamesCommand {
  static override paths = [["stop"]];
  static override usage = Command.Usage({
    description: "Stop sandboxes",
    details: `
      Ends every process in them; their files stay. A sandbox that is stopped already is fine. All the sandboxes that are named are tried; the
      exit code is that of the first failure.
    `,
    examples: [["Stop a sandbox", "pixels stop dev"]],
  });

  protected override readonly done = "stopped";

  protected override async act({ client }: Session, name: SandboxName, options: WaitOptions): Promise<void> {
    await client.sandbox(name).stop(options);
  }
}
