import { Command, Option } from "clipanion";
import { InvalidArgumentError, parseSandboxName, parseSize, type SandboxChange } from "@pixels/core";
import { parseCpuLimit } from "@pixels/core/config";
import { BaseCommand } from "../base-command.ts";
import { UsageError } from "../failure.ts";
import { readFlag } from "../flags.ts";
import type { Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { readStatus, toStatusJson, toStatusText } from "../sandbox-status.ts";

/** What lifts a limit. */
const NONE = "none";

/** `pixels set`. */
export class SetCommand extends BaseCommand {
  static override paths = [["set"]];
  static override synopsis = "[options] <name>";
  static override usage = Command.Usage({
    description: "Change a sandbox's limits and labels",
    details: `
      Also while it runs, and at once. "none" lifts a limit; a label without a value is removed; what is not named stays. A limit below what the
      sandbox uses is refused, and changes nothing. Prints what holds now.
    `,
    examples: [
      ["More of everything", "pixels set dev --cpu 4 --memory 8GiB --disk 40GiB"],
      ["No limit of memory", "pixels set dev --memory none"],
      ["One label more, and one less", "pixels set dev --label team=web --label old="],
    ],
  });

  cpu = Option.String("--cpu", { description: '<cores> number of cores, those to pin to ("0-3"), or none' });
  memory = Option.String("--memory", { description: "<size> limit of memory, such as 2GiB, or none" });
  disk = Option.String("--disk", { description: "<size> limit of disk space, such as 10GiB, or none" });
  label = Option.Array("--label", [], {
    description: "<key>=<value> label to keep; without a value, to remove",
  });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    const change = this.#readChange();
    if (Object.values(change).every((value) => value === undefined))
      throw new UsageError("set needs something to change", { next: "see: pixels set --help" });
    await using session = await this.open({ signal, collect: "now" });
    const sandbox = session.client.sandbox(name);
    await sandbox.update(change, { signal });
    const status = await readStatus(session.client, name, { signal });
    this.context.stdout.write(this.json ? toDocument(toStatusJson(status)) : toStatusText(status));
    return 0;
  }

  #readChange(): SandboxChange {
    return {
      cpu: readFlag("--cpu", this.cpu, orNone(parseCpuLimit)),
      memoryBytes: readFlag("--memory", this.memory, orNone(parseSize)),
      diskBytes: readFlag("--disk", this.disk, orNone(parseSize)),
      labels: this.label.length === 0 ? undefined : Object.fromEntries(this.label.map(parseLabel)),
    };
  }
}

function orNone<T>(parse: (text: string) => T): (text: string) => T | null {
  return (text) => (text === NONE ? null : parse(text));
}

function parseLabel(text: string): [key: string, value: string | null] {
  const cut = text.indexOf("=");
  if (cut === -1)
    throw new InvalidArgumentError(`--label: ${JSON.stringify(text)} has no value`, {
      next: "write --label key=value, or --label key= to remove it",
      context: { flag: "--label" },
    });
  return [text.slice(0, cut), text.slice(cut + 1) || null];
}
