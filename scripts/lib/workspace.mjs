// @ts-check
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkNodeVersion } from "./node-version.mjs";
import { capture, root, runStep, StepError } from "./run.mjs";

/** Folder of a pnpm of our own, for machines that have none, or another version. */
const toolsFolder = join(root, ".tools");

/** Makes the workspace ready to run: pnpm, dependencies, build. What is done already takes well under a second. */
export async function prepareWorkspace() {
  checkNodeVersion();
  const pnpm = await ensurePnpm();
  await runStep("installing dependencies", [pnpm, "install", "--frozen-lockfile"]);
  process.env["TURBO_TELEMETRY_DISABLED"] = "1";
  await runStep("building", [pnpm, "build"]);
  return pnpm;
}

/** The path of the pnpm that package.json names; installed into .tools where it is not there. Never global. */
async function ensurePnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = /** @type {string} */ (packageManager).replace("pnpm@", "");
  if ((await capture(["pnpm", "--version"])) === version) return "pnpm";

  // scripts of the packages, and turbo, look for pnpm in PATH
  const folder = join(toolsFolder, "node_modules", ".bin");
  process.env["PATH"] = `${folder}:${process.env["PATH"]}`;
  const pnpm = join(folder, "pnpm");
  if ((await capture([pnpm, "--version"])) === version) return pnpm;
  await runStep(`installing pnpm ${version} into .tools`, await npmInstall(`pnpm@${version}`));
  if ((await capture([pnpm, "--version"])) !== version)
    throw new StepError(`pnpm ${version} does not run: remove ${toolsFolder} and try again`, 1);
  return pnpm;
}

/** @param {string} name */
async function npmInstall(name) {
  const command = ["npm", "install", "--prefix", toolsFolder, "--no-audit", "--no-fund", "--no-save", name];
  const major = Number((await capture(["npm", "--version"]))?.split(".")[0]);
  // from 12 on npm asks before a package may run its script; pnpm's puts the native program in place
  return major >= 12 ? [...command, "--allow-scripts=pnpm"] : command;
}
