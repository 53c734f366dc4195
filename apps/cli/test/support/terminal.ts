import { spawn } from "node:child_process";
import type { Cli } from "./cli.ts";

/** Runs the command on a terminal of its own (script(1) makes one); types the answer once the prompt is there. */
export async function onTerminal(
  cli: Cli,
  args: readonly string[],
  { prompt, answer }: { readonly prompt?: string; readonly answer?: string } = {},
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const words = [process.execPath, cli.bin, ...args].map(
    (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
  );
  const child = spawn("script", ["-qec", words.join(" "), "/dev/null"], {
    env: { ...cli.env, TERM: "xterm" },
  });
  child.stdin.on("error", () => {});
  let screen = "";
  let answered = false;
  child.stdout.on("data", (data: Buffer) => {
    screen += data.toString();
    if (answered || prompt === undefined || !screen.includes(prompt)) return;
    answered = true;
    child.stdin.write(answer);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.destroy();
  return { code, screen };
}
