#!/usr/bin/env node
import { PixelsError } from "@pixels/core";
import { endKept } from "./end-kept.ts";
import { runQuickstart } from "./run-quickstart.ts";
import { createSteps } from "./steps.ts";

const usage = `npm run quickstart              a sandbox, a command in it, and nothing left
npm run quickstart -- --keep    leaves the sandbox and says what reaches it
npm run quickstart -- --down    removes what --keep left
`;

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((argument) => argument !== "--keep" && argument !== "--down");
  if (unknown !== undefined || args.length > 1) {
    process.stderr.write(usage);
    return unknown === "--help" ? 0 : 2;
  }
  const abort = new AbortController();
  const onSignal = () => {
    process.stderr.write("\ninterrupted; cleaning up\n");
    abort.abort(new Error("interrupted"));
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal).once("SIGHUP", onSignal);
  // a second one would cut the clean-up short
  process.on("SIGINT", () => {}).on("SIGTERM", () => {});
  // whoever read our output is gone: nothing can be said any more, and nothing must stay
  process.stdout.once("error", onSignal).on("error", () => {});
  const steps = createSteps((text) => process.stdout.write(text));
  try {
    if (args.includes("--down")) await endKept({ steps, signal: abort.signal });
    else await runQuickstart({ steps, keep: args.includes("--keep"), signal: abort.signal });
    return 0;
  } catch (error) {
    if (abort.signal.aborted) return 130;
    if (!PixelsError.is(error)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    if (error.next !== undefined) process.stderr.write(`What to do: ${error.next}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
