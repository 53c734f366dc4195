import { Command } from "clipanion";
import type { SandboxName, WaitOptions } from "@pixels/core";
import type { Session } from "../compose.ts";
import { NamesCommand } from "../names-command.ts";

/** `pixels start`. */
export class StartCommand extends NamesCommand {
  static override paths = [["start"]];
  static override usage = Command.Usage({
    description: "Start sandboxes",
    details: `
      Returns once commands can run in them. A sandbox that runs already is fine. All the sandboxes that are named are tried; the exit code is
      that of the first failure.
    `,
    examples: [["Start two sandboxes", "pixels start dev test"]],
  });

  protected override readonly done = "running";

  protected override async act({ client }: Session, name: SandboxName, options: WaitOptions): Promise<void> {
    await client.sandbox(name).start(options);
  }
}
