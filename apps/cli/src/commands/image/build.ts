import { Command, Option } from "clipanion";
import { BaseCommand } from "../../base-command.ts";
import type { CompletesTable } from "../../completion/completes.ts";
import { confirm } from "../../confirm.ts";
import { EXIT_DECLINED } from "../../exit-codes.ts";
import type { Interrupts } from "../../interrupts.ts";
import { toDocument } from "../../output.ts";
import { showProgress } from "../../progress.ts";

/** `pixels image build`. */
export class BuildImageCommand extends BaseCommand {
  static override paths = [["image", "build"]];
  static override synopsis = "[options] <image>";
  static override usage = Command.Usage({
    description: "Build an image from the distribution's mirror",
    details: `
      For servers that cannot reach an image server. Builds Debian as a bootable container on this machine, from the mirror that its own package
      sources name, and gives it to the server under that name. Takes a minute, the first time; a built one is kept in a cache. Needs root, and
      mmdebstrap and squashfs-tools, which it installs once you have agreed.
    `,
    examples: [
      ["Debian 12", "pixels image build debian/12"],
      ["Again, with the updates of today", "pixels image build debian/12 --force"],
      ["In a script", "pixels image build debian/12 --yes"],
    ],
  });

  static override completes: CompletesTable = { image: "nothing" };

  force = Option.Boolean("--force", false, {
    description: "build it anew and put it in the place of the one that is there",
  });
  yes = Option.Boolean("--yes", false, { description: "install what the build needs without asking" });

  image = Option.String({ name: "image" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const host = await import("@pixels/incus-host");
    const { withIncus } = await import("../../compose.ts");
    host.getImageRecipe(this.image);
    return await withIncus(this.sessionOptions({ signal }), async (api) => {
      if (!this.force && (await api.images.hasAlias(this.image, { signal }))) return this.#tellThere();
      const tools = host.allTools.filter(({ purpose }) => purpose === "image");
      const missing = [...new Set(host.missingTools(tools).map((tool) => tool.package))];
      const mustAsk = missing.length > 0 && host.isRoot() && !this.yes;
      if (mustAsk && !(await this.#agree(missing, { signal }))) return EXIT_DECLINED;
      using progress = showProgress({
        stream: process.stderr,
        label: `build ${this.image}`,
        silent: this.json,
        env: this.context.env,
      });
      const options = { signal, onProgress: progress.onProgress };
      await host.installTools({ ...options, tools });
      const built = await host.buildImage(this.image, { ...options, fresh: this.force });
      progress.onProgress("importing it");
      await (this.force ? host.replaceImage : host.importImage)(api, built, { signal });
      return this.#tellThere();
    });
  }

  #tellThere(): number {
    this.context.stdout.write(
      this.json
        ? toDocument({ image: this.image })
        : `the image "${this.image}" is there; use it with: pixels create <name> --image ${this.image}\n`,
    );
    return 0;
  }

  async #agree(packages: readonly string[], { signal }: Pick<Interrupts, "signal">): Promise<boolean> {
    return await confirm(`Install ${packages.join(", ")} from the distribution?`, {
      what: `building an image needs the packages ${packages.join(", ")}`,
      flag: "--yes",
      signal,
    });
  }
}
