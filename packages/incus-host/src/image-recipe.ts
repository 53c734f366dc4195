import { createHash } from "node:crypto";
import { InvalidArgumentError } from "@pixels/core";
import { buildScript, customizeScript } from "./image-scripts.ts";

/** Debian's releases by number. */
const debianSuites: ReadonlyMap<string, string> = new Map([
  ["11", "bullseye"],
  ["12", "bookworm"],
  ["13", "trixie"],
  ["14", "forky"],
]);

const packages =
  "systemd systemd-sysv dbus ifupdown isc-dhcp-client iproute2 nftables netbase openssh-server sudo tmux bash curl ca-certificates " +
  "procps iputils-ping less";

/** Everything that an image's content depends on, the mirror's state apart. */
export interface ImageRecipe {
  /** Alias under which the image is imported, such as "debian/12". */
  readonly alias: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** Node's name for it, such as "x64". */
  readonly architecture: string;
  /** The same for the same recipe; names the image in the cache. */
  readonly key: string;
}

/** The recipe for "debian/12", "debian/bookworm" and their like. Throws INVALID_ARGUMENT for what is not a Debian release. */
export function getImageRecipe(image: string): ImageRecipe {
  const [distribution, release = ""] = image.split("/");
  const suite = debianSuites.get(release) ?? [...debianSuites.values()].find((name) => name === release);
  if (distribution !== "debian" || suite === undefined)
    throw new InvalidArgumentError(`no recipe for an image named "${image}"`, {
      next: `use one of ${[...debianSuites.keys()].map((number) => `debian/${number}`).join(", ")}`,
    });
  const content = {
    suite,
    packages: packages.split(" "),
    architecture: process.arch,
    buildScript,
    customizeScript,
  };
  const key = createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
  return { alias: image, suite, packages: content.packages, architecture: content.architecture, key };
}
