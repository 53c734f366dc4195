import { Command } from "clipanion";
import type { Finding } from "@pixels/incus-host";
import { BaseCommand } from "../base-command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Interrupts } from "../interrupts.ts";
import { alignColumns, toDocument } from "../output.ts";

/** `pixels doctor`. */
export class DoctorCommand extends BaseCommand {
  static override paths = [["doctor"]];
  static override synopsis = "";
  static override usage = Command.Usage({
    description: "Look for what is wrong, and say what mends it",
    details: `
      Asks the server, and where it is on this machine looks at that too. Changes nothing. With -v it tells how each thing was checked. Exits with 0
      unless there is a problem, which keeps sandboxes from working; then with the code that a command would fail with. A warning is not a
      problem. docs/doctor.md explains each check.
    `,
    examples: [
      ["What is wrong", "pixels doctor"],
      ["As root it sees the firewall too", "sudo pixels doctor"],
      [
        "Only what needs mending, for a script",
        `pixels doctor --json | jq '.findings[] | select(.status != "ok")'`,
      ],
    ],
  });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const { examine } = await import("../examine.ts");
    const findings = await examine(this.sessionOptions({ signal }));
    const worst = findings.find(({ status }) => status === "problem");
    this.context.stdout.write(
      this.json
        ? toDocument({ findings: findings.map(toJson) })
        : alignColumns(findings.flatMap((finding) => this.#toLines(finding))),
    );
    return worst?.code === undefined ? 0 : exitCodes[worst.code];
  }

  #toLines({ id, status, what, checked, mend }: Finding): readonly (readonly string[])[] {
    return [
      [status, id, what],
      ...(this.verbose ? [["", "", `checked: ${checked}`]] : []),
      ...(mend === undefined ? [] : [["", "", `mend: ${mend}`]]),
    ];
  }
}

function toJson({ id, status, what, checked, mend, code }: Finding): Record<string, unknown> {
  return { id, status, what, checked, mend: mend ?? null, code: code ?? null };
}
