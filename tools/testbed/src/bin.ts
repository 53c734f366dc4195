#!/usr/bin/env node
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { PixelsError } from "@pixels/core";
import { startTestbed } from "./testbed.ts";

/** `node tools/testbed/dist/bin.js [-- command…]`: a testbed for as long as the command, or a shell, runs. */
async function main(args: readonly string[]): Promise<number> {
  const [program = process.env["SHELL"] ?? "bash", ...rest] = args[0] === "--" ? args.slice(1) : args;
  const abort = new AbortController();
  const onSignal = () => abort.abort(new Error("interrupted"));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  await using testbed = await startTestbed({
    signal: abort.signal,
    onProgress: (phase) => process.stderr.write(`testbed: ${phase}\n`),
  });
  // from here on a Ctrl-C is the command's
  process.off("SIGINT", onSignal).on("SIGINT", () => {});
  const env = {
    ...process.env,
    INCUS_DIR: dirname(testbed.socketPath),
    PIXELS_INCUS_SOCKET: testbed.socketPath,
  };
  const child = spawn(program, rest, { stdio: "inherit", env });
  process.off("SIGTERM", onSignal).on("SIGTERM", () => child.kill("SIGTERM"));
  return await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const next = PixelsError.is(error) && error.next !== undefined ? `; ${error.next}` : "";
  process.stderr.write(`testbed: ${error instanceof Error ? error.message : String(error)}${next}\n`);
  process.exitCode = 1;
}
