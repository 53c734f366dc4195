// @ts-check
import { readFileSync } from "node:fs";
import { root, StepError } from "./run.mjs";

/** Throws where this Node is older than package.json asks for. */
export function checkNodeVersion() {
  const { engines } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const wanted = /** @type {string} */ (engines.node).replace(">=", "").split(".").map(Number);
  const found = process.versions.node.split(".").map(Number);
  const [major = 0, minor = 0] = found;
  const [wantedMajor = 0, wantedMinor = 0] = wanted;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new StepError(
    `this is Node ${process.versions.node}; pixels needs ${wanted.join(".")} or newer: see https://nodejs.org/en/download`,
    1,
  );
}
