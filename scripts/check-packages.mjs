// @ts-check
// Looks at every package as it would be published: packed by pnpm, which writes the versions that `workspace:` and `catalog:` stand for.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { main } from "./lib/main.mjs";
import { packPackage, publishedPackages } from "./lib/packages.mjs";
import { root, runStep, StepError } from "./lib/run.mjs";

/** What the users of a package have no use for. */
const unwanted = /\.test\.|(^|\/)test\/|tsbuildinfo|(^|\/)\.types\//;

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "pixels-packages-"));
  try {
    for (const path of await publishedPackages()) await checkPackage(path, folder);
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * @param {string} path
 * @param {string} folder where the tarball goes
 */
async function checkPackage(path, folder) {
  const name = relative(root, path);
  const { exports, bin } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const { tarball, files } = await packPackage(path, folder);
  for (const file of files)
    if (unwanted.test(file)) throw new StepError(`${name}: ${file} must not be published`, 1);
  // what a build that did not run would leave out
  for (const file of ["LICENSE", "package.json", ...targets(exports), ...targets(bin)])
    if (!files.includes(file.replace("./", "")))
      throw new StepError(`${name}: ${file} is not in the tarball`, 1);

  await runStep(`${name}: publint`, ["publint", "--strict", tarball]);
  // a program that is only run has no types
  if (exports !== undefined)
    await runStep(`${name}: attw`, ["attw", tarball, "--profile", "esm-only", "--format", "ascii"]);
}

/**
 * Every file that a value of `exports` or `bin` names.
 * @param {unknown} value
 * @returns {string[]}
 */
function targets(value) {
  if (typeof value === "string") return [value];
  return Object.values(value ?? {}).flatMap(targets);
}
