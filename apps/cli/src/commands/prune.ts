import { Command, Option } from "clipanion";
import { type AbandonedSandbox, type CallOptions, SandboxBusyError } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { Session } from "../compose.ts";
import { confirm } from "../confirm.ts";
import { EXIT_INTERNAL, exitCodes } from "../exit-codes.ts";
import type { Interrupts } from "../interrupts.ts";
import { formatDuration, toDocument, toTable } from "../output.ts";
import { showProgress } from "../progress.ts";

/** What each call leaves unfinished, and what is done about it. */
const leftovers = {
  create: { left: "half made", todo: "remove" },
  destroy: { left: "half removed", todo: "remove" },
  restore: { left: "half restored", todo: "finish" },
} as const satisfies Readonly<
  Record<AbandonedSandbox["doing"], { readonly left: string; readonly todo: string }>
>;

/** `pixels prune`. */
export class PruneCommand extends BaseCommand {
  static override paths = [["prune"]];
  static override synopsis = "[--dry-run | --force]";
  static override usage = Command.Usage({
    description: "Clear away what no one owns any more",
    details: `
      Shows what commands that were killed have left: sandboxes that were half made or half removed, which it removes, and restores that were cut
      off, which it finishes. Then it asks on a terminal; without a terminal it needs --force. Other commands clear such things away too, as
      they come by. What a command that still runs is making is left alone.
    `,
    examples: [
      ["What there is", "pixels prune --dry-run"],
      ["Clear it away, in a script", "pixels prune --force"],
    ],
  });

  force = Option.Boolean("--force", false, { description: "do not ask" });
  dryRun = Option.Boolean("--dry-run", false, { description: "only show it" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    await using session = await this.open({ signal, collect: "later" });
    const found = await session.client.listAbandoned({ signal });
    if (!this.json) this.context.stdout.write(describe(found, new Date()));
    if (found.length > 0 && !this.dryRun && !this.force) {
      const sure = await confirm("Clear this away?", {
        signal,
        what: "prune asks before it removes anything",
      });
      if (!sure) {
        this.context.stderr.write("pixels: nothing was cleared away\n");
        return EXIT_INTERNAL;
      }
    }
    const left = this.dryRun || found.length === 0 ? found : await this.#clear(session, { signal });
    const isLeft = ({ name }: AbandonedSandbox): boolean => left.some((other) => other.name === name);
    const cleared = found.filter((one) => !isLeft(one)).map(({ name }) => name);
    if (this.json) this.context.stdout.write(toDocument({ abandoned: found.map(toJson), cleared }));
    else for (const name of cleared) this.context.stdout.write(`${name} cleared away\n`);
    if (this.dryRun) return 0;
    for (const { name, doing } of found.filter(isLeft))
      this.tell(
        new SandboxBusyError(`${name} is still ${leftovers[doing].left}`, {
          next: doing === "restore" ? `see why with: pixels start ${name}` : "try again in a moment",
        }),
      );
    return found.some(isLeft) ? exitCodes.SANDBOX_BUSY : 0;
  }

  /** Gives what is left all the same. */
  async #clear({ client }: Session, { signal }: CallOptions): Promise<readonly AbandonedSandbox[]> {
    using progress = showProgress({
      stream: process.stderr,
      label: "prune",
      silent: this.json,
      env: this.context.env,
    });
    progress.onProgress("clearing away");
    await client.collectAbandoned({ signal });
    return await client.listAbandoned({ signal });
  }
}

function toJson({ name, doing, begunAt }: AbandonedSandbox): Record<string, unknown> {
  return { name, doing, begun_at: begunAt?.toISOString() ?? null };
}

function describe(found: readonly AbandonedSandbox[], now: Date): string {
  if (found.length === 0) return "nothing is left over\n";
  return toTable(
    ["name", "is", "for", "to do"],
    found.map(({ name, doing, begunAt }) => [
      name,
      leftovers[doing].left,
      begunAt === undefined ? "" : formatDuration(Math.max(0, now.getTime() - begunAt.getTime())),
      leftovers[doing].todo,
    ]),
  );
}
