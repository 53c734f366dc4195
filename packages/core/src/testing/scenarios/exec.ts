import fc from "fast-check";
import { expect } from "vitest";
import { type Command, MAX_ARGUMENT_BYTES, shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { Sandbox } from "../../sandbox.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

/** What shells, printf and careless quoting trip over. */
const oddCharacters = Array.from("'\"`\\*?[]{}()<>|&;#~!$%=^-\t\n\r \v\u007f");
const oddWords = [
  "",
  "  ",
  "--",
  "-n",
  "-e",
  "--help",
  "%s",
  "\\n",
  "\n\n",
  "a b",
  "a\nb\n",
  "done\n",
  "EOF",
  "[ -z",
];
const shellWords = ["$(id)", "`id`", "$HOME", "${x}", "~root", "*/*", "x=y", "'\\''", "\u0001\u001b[0m"];
const unicodeWords = ["ü", "🦊", "e\u0301", "\u202eabc", "\uffff", "\u{10ffff}"];
const oddArguments = [...oddCharacters, ...oddWords, ...shellWords, ...unicodeWords];

const anyArgument = fc.oneof(
  fc.constantFrom(...oddArguments),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
  fc.array(fc.constantFrom(...oddArguments), { maxLength: 6 }).map((parts) => parts.join("")),
);

async function readArguments(sandbox: Sandbox, args: readonly string[]): Promise<readonly string[]> {
  // the first keeps printf from printing once with no argument at all
  const { stdout } = expectSuccess(await sandbox.exec(["printf", "%s\\0", "first", ...args]));
  return stdout.split("\0").slice(1, -1);
}

/** What is started, and how it ended. */
export const exec = {
  "exec:argv-verbatim": async ({ sandbox }) => {
    expect(await readArguments(sandbox, oddArguments)).toEqual(oddArguments);
    const arrays = fc.array(anyArgument, { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(arrays, async (args) => {
        expect(await readArguments(sandbox, args)).toEqual(args);
      }),
      { numRuns: 30 },
    );
  },

  "exec:longest-argument": async ({ sandbox }) => {
    const longest = "x".repeat(MAX_ARGUMENT_BYTES);
    expect(await readArguments(sandbox, [longest])).toEqual([longest]);
    const { status, stdout } = await sandbox.exec([
      "sh",
      "-c",
      "echo $#",
      "sh",
      ...Array<string>(100_000).fill("a"),
    ]);
    expect({ exitCode: status.exitCode, stdout }).toEqual({ exitCode: 0, stdout: "100000\n" });
  },

  "exec:argument-too-long": async ({ client, newName }) => {
    // nobody has this name, so whoever asked a server would hear of that instead
    const missing = client.sandbox(newName());
    const tooLong = "x".repeat(MAX_ARGUMENT_BYTES + 1);
    const refusal = { code: "ARGUMENT_TOO_LONG" };
    await expect(missing.exec(["echo", tooLong])).rejects.toMatchObject(refusal);
    await expect(missing.exec(["echo", "ü".repeat(MAX_ARGUMENT_BYTES / 2 + 1)])).rejects.toMatchObject(
      refusal,
    );
    await expect(missing.exec(["true"], { env: { LONG: tooLong } })).rejects.toMatchObject(refusal);
    await expect(
      missing.exec(["true", ...Array.from({ length: 40 }, () => "x".repeat(100_000))]),
    ).rejects.toMatchObject(refusal);
    // the kernel counts a pointer for each as well
    await expect(missing.exec(["true", ...Array<string>(400_000).fill("a")])).rejects.toMatchObject(refusal);
  },

  "exec:nul-refused": async ({ client, newName }) => {
    const missing = client.sandbox(newName());
    const refusal = { code: "INVALID_ARGUMENT" };
    await expect(missing.exec(["echo", "a\0b"])).rejects.toMatchObject(refusal);
    await expect(missing.exec(["a\0b"])).rejects.toMatchObject(refusal);
    await expect(missing.exec([""])).rejects.toMatchObject(refusal);
    await expect(missing.exec(["echo", "\ud800"])).rejects.toMatchObject(refusal);
    await expect(missing.exec(["true"], { env: { A: "a\0b" } })).rejects.toMatchObject(refusal);
    await expect(missing.exec(["true"], { env: { "A=B": "c" } })).rejects.toMatchObject(refusal);
    await expect(missing.exec(["true"], { cwd: "/a\0b" })).rejects.toMatchObject(refusal);
    await expect(missing.exec(["true"], { cwd: "relative" })).rejects.toMatchObject(refusal);
  },

  "exec:exit-codes": async ({ sandbox }) => {
    for (const exitCode of [0, 1, 7, 125, 126, 127, 130, 255]) {
      const { status, stderrBytes } = await sandbox.exec(shell(`exit ${exitCode}`));
      expect(status.exitCode).toBe(exitCode);
      expect(stderrBytes).toHaveLength(0);
    }
  },

  "exec:signal-exit": async ({ sandbox }) => {
    const signals = { HUP: 1, INT: 2, KILL: 9, USR1: 10, SEGV: 11, PIPE: 13, TERM: 15 };
    for (const [name, number] of Object.entries(signals)) {
      const { status, stdout, stderr } = await sandbox.exec(
        shell(`echo before; kill -s ${name} $$; echo after`),
      );
      expect({ exitCode: status.exitCode, stdout, stderr }).toEqual({
        exitCode: 128 + number,
        stdout: "before\n",
        stderr: "",
      });
    }
  },

  "exec:program-missing": async ({ sandbox }) => {
    const missing: readonly Command[] = [
      ["pixels-no-such-program"],
      ["/no/such/program", "a"],
      ["-x"],
      ["$(true)"],
    ];
    for (const command of missing) expect((await sandbox.exec(command)).status.exitCode).toBe(127);
  },

  "exec:program-not-executable": async ({ sandbox }) => {
    const { stdout: path } = expectSuccess(
      await sandbox.exec(shell('echo x >"$HOME/plain"; printf %s "$HOME/plain"')),
    );
    expect((await sandbox.exec([path])).status.exitCode).toBe(126);
    expect((await sandbox.exec(["/usr"])).status.exitCode).toBe(126);
  },

  "exec:background-child": async ({ sandbox }) => {
    const marker = newMarker();
    const { stdout } = expectSuccess(
      await sandbox.exec(shell(`setsid sleep ${marker} & sleep ${marker} & echo started`)),
    );
    expect(stdout).toBe("started\n");
    // both may still be on their way to becoming a sleep
    await untilMarked(sandbox, marker, 2);
    await sandbox.exec(["true"]);
    expect(await countMarked(sandbox, marker)).toBe(2);
  },

  "exec:concurrent": async ({ sandbox }) => {
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    const results = await Promise.all(
      numbers.map((number) =>
        sandbox.exec(shell(`read -r line; echo "$line"; echo "$line" >&2; exit ${number}`), {
          stdin: `n${number}\n`,
        }),
      ),
    );
    expect(
      results.map(({ status, stdout, stderr }) => ({ exitCode: status.exitCode, stdout, stderr })),
    ).toEqual(
      numbers.map((number) => ({ exitCode: number, stdout: `n${number}\n`, stderr: `n${number}\n` })),
    );
  },

  "exec:on-stopped": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await sandbox.stop();
    await expect(sandbox.exec(["true"])).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    await expect(sandbox.spawn(["true"])).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
