// @ts-check
import { capture, StepError } from "./run.mjs";

/** Folders of the packages that may be published. */
export async function publishedPackages() {
  const output = await mustCapture(["pnpm", "ls", "--recursive", "--depth=-1", "--json"]);
  /** @type {{ path: string, private: boolean }[]} */
  const packages = JSON.parse(output);
  return packages.filter((each) => !each.private).map(({ path }) => path);
}

/**
 * Packs a package as `pnpm publish` does.
 * @param {string} path the package's folder
 * @param {string} destination the tarball's folder
 * @returns {Promise<{ tarball: string, files: string[] }>}
 */
export async function packPackage(path, destination) {
  const output = await mustCapture(["pnpm", "-C", path, "pack", "--json", "--pack-destination", destination]);
  /** @type {{ filename: string, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(output);
  return { tarball: filename, files: files.map((file) => file.path) };
}

/** @param {readonly string[]} command */
async function mustCapture(command) {
  const output = await capture(command);
  if (output === undefined) throw new StepError(`${command.join(" ")}: failed`, 1);
  return output;
}
