// @ts-check
import { spawn } from "node:child_process";

/** The repository's root folder, where everything is run. */
export const root = new URL("../..", import.meta.url).pathname;

/** A child that failed, or that a signal ended; `exitCode` is what the script should end with. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a command whose output is shown only when it fails.
 * @param {string} step what is being done, for the reader
 * @param {readonly string[]} command
 */
export async function runStep(step, command) {
  const start = performance.now();
  process.stdout.write(`> ${step}\n`);
  const { exitCode, output } = await run(command, "pipe");
  if (exitCode !== 0) {
    process.stderr.write(output);
    throw new StepError(`${step}: failed with exit code ${exitCode} (${command.join(" ")})`, exitCode);
  }
  process.stdout.write(`  done in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/**
 * Hands the terminal over to a command; gives its exit code.
 * @param {readonly string[]} command
 */
export async function handOver(command) {
  return (await run(command, "inherit")).exitCode;
}

/**
 * What a command prints, or undefined where it is missing or fails.
 * @param {readonly string[]} command
 */
export async function capture(command) {
  try {
    const { exitCode, output } = await run(command, "pipe");
    return exitCode === 0 ? output.trim() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {readonly string[]} command
 * @param {"pipe" | "inherit"} output
 * @returns {Promise<{ exitCode: number, output: string }>}
 */
async function run([program = "", ...args], output) {
  // a Ctrl-C reaches the child too, as it is in the same process group: it cleans up, and we wait for it
  let interrupted = false;
  const onInterrupt = () => {
    interrupted = true;
  };
  const child = spawn(program, args, { cwd: root, stdio: ["inherit", output, output] });
  /** @param {NodeJS.Signals} signal */
  const onTerminate = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate).on("SIGHUP", onTerminate);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (/** @type {string} */ data) => {
      text += data;
    });
  try {
    const exitCode = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 130));
    });
    return { exitCode: interrupted && exitCode === 0 ? 130 : exitCode, output: text };
  } finally {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate).off("SIGHUP", onTerminate);
  }
}
