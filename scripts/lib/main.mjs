// @ts-check
import { StepError } from "./run.mjs";

/**
 * Runs a script's body; its result is the exit code, and a failed step one plain line.
 * @param {() => Promise<number>} body
 */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
