import { randomUUID } from "node:crypto";
import { inCgroup } from "./cgroup-command.ts";
import { execBare } from "./exec.ts";
import { openBareRest } from "./rest.ts";

/** `node exec.cjs <socket> <instance> <command>…`: passes stdin, the output and the exit code on. */
async function main([socketPath = "", instance = "", ...command]: readonly string[]): Promise<void> {
  const rest = openBareRest(socketPath);
  const { exitCode } = await execBare(rest, instance, inCgroup(randomUUID(), command), {
    stdin: process.stdin,
    onOutput: (stream, data) => process[stream].write(data),
  });
  rest.close();
  process.exitCode = exitCode;
}

void main(process.argv.slice(2));
