import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BackendMisconfiguredError, type WaitOptions } from "@pixels/core";
import { type AptSource, findSuite, formatDeb822Source, readAptSources } from "./apt-sources.ts";
import { getImageRecipe, type ImageRecipe } from "./image-recipe.ts";
import { buildScript, cleanScript, customizeScript, guardScript, isolateScript } from "./image-scripts.ts";
import { readOsRelease } from "./os-release.ts";
import { requireRoot } from "./require-root.ts";
import { runScript } from "./run-script.ts";
import { requireTools } from "./tools.ts";

export interface BuildImageOptions extends WaitOptions {
  /** Folder that keeps built images; default `imageCacheFolder()`. */
  readonly cacheFolder?: string;
  /** Build it also where the cache has it, to have the mirror's state of today. Default false. */
  readonly fresh?: boolean;
}

/** A built image on disk. */
export interface BuiltImage {
  readonly alias: string;
  readonly metadataPath: string;
  readonly rootfsPath: string;
}

/** `$XDG_CACHE_HOME/pixels/images`, or /var/cache/pixels/images: only root builds images, for everybody on the machine. */
export function imageCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CACHE_HOME"];
  return base === undefined || base === "" ? "/var/cache/pixels/images" : join(base, "pixels", "images");
}

/**
 * Builds a bootable image from the mirror that this machine's own package sources name, or takes it from the cache. One build
 * at a time, however many processes ask; about 45 seconds. Needs root. Rejects with INVALID_ARGUMENT for a release without a recipe,
 * BACKEND_MISCONFIGURED where tools or a mirror are missing, BACKEND_FAILED with the builder's words.
 */
export async function buildImage(image: string, options: BuildImageOptions = {}): Promise<BuiltImage> {
  const { cacheFolder = imageCacheFolder(), fresh = false, signal, onProgress } = options;
  const recipe = getImageRecipe(image);
  requireRoot(`building the image "${image}" needs root`);
  requireTools("image");
  await mkdir(cacheFolder, { recursive: true });
  const { key, suite, packages } = recipe;
  const mirror = await findMirror(recipe);
  const architecture = incusArchitecture(recipe.architecture);
  const args = [
    guardScript,
    buildScript,
    cacheFolder,
    key,
    suite,
    packages.join(","),
    mirror,
    customizeScript,
    architecture,
    fresh ? "yes" : "no",
  ];
  try {
    await runScript(
      { name: "pixels-build", text: isolateScript, args },
      { signal, onLine: (line) => onProgress?.(line), env: { LC_ALL: "C" } },
    );
  } catch (error) {
    await runScript({ name: "pixels-clean", text: cleanScript, args: [cacheFolder] });
    throw error;
  }
  const folder = join(cacheFolder, key);
  return {
    alias: image,
    metadataPath: join(folder, "metadata.tar"),
    rootfsPath: join(folder, "rootfs.squashfs"),
  };
}

/** The suite with its updates and security fixes, as deb822 text, from wherever this machine gets its own. */
async function findMirror({ suite, alias }: ImageRecipe): Promise<string> {
  const sources = await readAptSources();
  const own = (await readOsRelease()).codename ?? "";
  const from = (suffix: string) => {
    const source = findSuite(sources, suite + suffix) ?? findSuite(sources, own + suffix);
    return source === undefined ? [] : [{ ...source, suites: [suite + suffix] }];
  };
  const main: readonly AptSource[] = (await readOsRelease()).id === "debian" ? from("") : [];
  if (main.length === 0)
    throw new BackendMisconfiguredError(
      `the package sources of this machine have no Debian mirror for "${alias}"`,
      {
        next: `add Debian's ${suite} to /etc/apt/sources.list.d, or import an image under the alias "${alias}"`,
      },
    );
  return [...main, ...from("-updates"), ...from("-security")].map(formatDeb822Source).join("\n");
}

/** The kernel's names, which Incus uses. */
function incusArchitecture(architecture: string): string {
  const names: Readonly<Record<string, string>> = {
    x64: "x86_64",
    arm64: "aarch64",
    arm: "armv7l",
    ia32: "i686",
  };
  return names[architecture] ?? architecture;
}
