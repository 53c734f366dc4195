import { createInterface } from "node:readline";
import { Command, Option } from "clipanion";
import { type CallOptions, InvalidArgumentError, type SandboxName, type WaitOptions } from "@pixels/core";
import type { Session } from "../compose.ts";
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
    if (!this.force && !(await this.#confirm(interrupts))) {
      this.context.stderr.write("pixels: nothing was destroyed\n");
      return EXIT_DECLINED;
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

  async #confirm({ signal }: CallOptions): Promise<boolean> {
    const names = this.names.join(", ");
    if (!process.stdin.isTTY || !process.stderr.isTTY)
      throw new InvalidArgumentError(
        `destroy asks before it removes ${names}, and there is no terminal to ask on`,
        {
          next: "say that you are sure with --force",
        },
      );
    const answer = await ask(`Destroy ${names} with all files in it? [y/N] `, { signal });
    return /^y(?:es)?$/i.test(answer.trim());
  }
}

/** The line that is typed; nothing where the input ends. Without `terminal`, Ctrl-C stays the signal that it is. */
async function ask(question: string, { signal }: CallOptions): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    return await new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
      process.stderr.write(question);
    });
  } finally {
    lines.close();
    process.stdin.destroy();
  }
}
