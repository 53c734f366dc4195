import { homedir } from "node:os";
import { Command } from "clipanion";
import { BaseCommand } from "../../base-command.ts";
import type { Interrupts } from "../../interrupts.ts";
import { toDocument, toTable } from "../../output.ts";

/** `pixels config show`. */
export class ShowConfigCommand extends BaseCommand {
  static override paths = [["config", "show"]];
  static override synopsis = "";
  static override usage = Command.Usage({
    description: "Show every setting and where it comes from",
    details: `
      Values are shown as the file would have them. Secrets, every value of [env] and every option of [backends.<name>] show as [redacted].
      Makes no request.
    `,
    examples: [
      ["Which settings count", "pixels config show"],
      [
        "Only those that somebody set",
        `pixels config show --json | jq '.config[] | select(.origin.kind != "default")'`,
      ],
    ],
  });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const { formatOrigin, loadConfig } = await import("@pixels/core/config");
    const { toConfigRow } = await import("../../config-row.ts");
    const { settings, file, warnings } = await loadConfig({
      env: this.context.env,
      homeDirectory: homedir(),
      configPath: this.config,
      flags: { backend: this.backend },
      signal,
    });
    const rows = [...settings].map(([key, setting]) => toConfigRow(key, setting));
    if (this.json) {
      this.context.stdout.write(toDocument({ file, config: rows, warnings }));
      return 0;
    }
    for (const warning of warnings) this.context.stderr.write(`pixels: warning: ${warning}\n`);
    this.context.stdout.write(
      toTable(
        ["key", "value", "origin"],
        rows.map(({ key, value, origin }) => [
          key,
          value === null ? "" : JSON.stringify(value),
          formatOrigin(origin),
        ]),
      ),
    );
    return 0;
  }
}
