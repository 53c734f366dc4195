import { Command, type CommandClass } from "clipanion";
import { GroupCommand } from "../../group-command.ts";
import { BuildImageCommand } from "./build.ts";
import { ListImagesCommand } from "./list.ts";

/** `pixels image`: what sandboxes are made from. */
class ImageCommand extends GroupCommand {
  static override paths = [["image"]];
  static override synopsis = "<command>";
  static override usage = Command.Usage({
    description: "See and build what sandboxes are made from",
    details: `
      An image name is first looked up on the server, then on the image server (defaults.image_server), which the server downloads it from. Where
      that one cannot be reached, an image can be built from the distribution's mirror.
    `,
    examples: [
      ["Which images are on the server", "pixels image list"],
      ["Build one", "pixels image build debian/12"],
    ],
  });

  protected override readonly choices = ["list", "build"];
}

/** Every command that begins with `image`, the one for the word alone first. */
export const imageCommands: readonly CommandClass[] = [ImageCommand, ListImagesCommand, BuildImageCommand];
