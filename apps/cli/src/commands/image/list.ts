import { Command } from "clipanion";
import { BaseCommand } from "../../base-command.ts";
import { toJson, toRows } from "../../image-row.ts";
import type { Interrupts } from "../../interrupts.ts";
import { toDocument } from "../../output.ts";

/** `pixels image list`. */
export class ListImagesCommand extends BaseCommand {
  static override paths = [["image", "list"]];
  static override synopsis = "";
  static override usage = Command.Usage({
    description: "List the images on the server",
    details: `
      Sorted by name. Those without a name, as the server keeps some, cannot be named in a create.
    `,
    examples: [
      ["Which images are there", "pixels image list"],
      ["Only the names, for a script", "pixels image list --json | jq -r '.images[].name | values'"],
    ],
  });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const { withIncus } = await import("../../compose.ts");
    const images = await withIncus(
      this.sessionOptions({ signal }),
      async (api) => await api.images.list({ signal }),
    );
    this.context.stdout.write(
      this.json ? toDocument({ images: toJson(images) }) : toRows(images, new Date()),
    );
    return 0;
  }
}
