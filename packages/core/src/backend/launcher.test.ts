import { spawn } from "node:child_process";
import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LaunchSpec } from "./launcher.ts";
import { planLaunch, planSignal } from "./launcher.ts";
import { planTerminalLauncher } from "./terminal-launcher.ts";

const base = { id: "test-1", command: ["true"], env: {}, account: "root" } as const satisfies LaunchSpec;

interface Ran {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What the launcher does once it has made the cgroup and taken the account: reads the preamble and becomes the command. */
async function becomeCommand(spec: Partial<LaunchSpec>, stdin = ""): Promise<Ran> {
  const { argv, stdinPreamble } = planLaunch({ ...base, ...spec });
  const reader = argv.at(-1) ?? "";
  const child = spawn("sh", ["-c", `k=${base.id}; ${reader}`], {
    env: { HOME: "/", USER: "pixel", PATH: "/usr/bin:/bin" },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(Buffer.concat([stdinPreamble, Buffer.from(stdin)]));
  const [stdout, stderr, [exitCode]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode: Number(exitCode), stdout, stderr };
}

async function readEnvironment(
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await becomeCommand({ command: ["/usr/bin/env", "-0"], env });
  const pairs = stdout.toString().split("\0").slice(0, -1);
  const found = pairs.map(
    (pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const,
  );
  return Object.fromEntries(found.filter(([name]) => name in env));
}

const anyText = fc.string({ unit: "binary", maxLength: 60 }).map((value) => value.replaceAll("\0", ""));

describe("what the launcher is started with", () => {
  test("depends on the id and the account alone", () => {
    const { argv } = planLaunch(base);
    const other = {
      ...base,
      command: ["secret-program"],
      cwd: "/secret",
      env: { SECRET: "secret" },
    } as const;
    expect(planLaunch(other).argv).toEqual(argv);
    expect(planLaunch({ ...base, id: "test-2" }).argv).not.toEqual(argv);
    expect(planLaunch({ ...base, account: "pixel" }).argv).not.toEqual(argv);
  });

  test("on a terminal is no leader's child, and depends on the id and the account alone too", () => {
    const argv = planTerminalLauncher(base);
    expect(argv[0]).toBe("sh");
    const other = { ...base, command: ["secret"], env: { SECRET: "secret" } } as const;
    expect(planTerminalLauncher(other)).toEqual(argv);
    expect(planTerminalLauncher({ ...base, id: "test-2" })).not.toEqual(argv);
  });

  test("to signal is a program with the id and the signal as arguments", () => {
    expect(planSignal("test-1", "INT").slice(-2)).toEqual(["test-1", "INT"]);
  });
});

describe("the preamble", () => {
  test("says first how much of it there is", () => {
    const lines = Buffer.from(planLaunch(base).stdinPreamble).toString().split("\n");
    expect(lines[0]).toBe(String(lines.length - 2));
    expect(lines.at(-1)).toBe("");
  });

  test("leaves what follows to the command", async () => {
    for (const stdin of ["", "rest", "\nrest\n", "x".repeat(100_000)])
      expect((await becomeCommand({ command: ["cat"] }, stdin)).stdout.toString()).toBe(stdin);
    const long = { command: ["sh", "-c", "cat", "sh", "\n".repeat(5000)] } as const;
    expect((await becomeCommand(long, "rest")).stdout.toString()).toBe("rest");
  });

  test("hands any arguments over as they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { maxLength: 10 }), async (args) => {
        const { stdout } = await becomeCommand({ command: ["printf", "%s\\0", "first", ...args] });
        expect(stdout.toString().split("\0").slice(1, -1)).toEqual(args);
      }),
      { numRuns: 60 },
    );
  });

  test("hands any variables over as they are", async () => {
    const anyName = fc.oneof(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
      anyText.map((value) => `n${value.replaceAll("=", "")}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(anyName, anyText, { maxKeys: 8, noNullPrototype: true }),
        async (env) => {
          expect(await readEnvironment(env)).toEqual(env);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("starts a program whose name a shell or env would read otherwise", async () => {
    for (const program of ["a=b", "-x", "-n=1"]) {
      // none of them exists: what is told is the name that was looked for
      for (const env of [{}, { "odd.name": "1" }] as Record<string, string>[]) {
        const { exitCode, stderr } = await becomeCommand({ command: [program, "c=d"], env });
        expect(exitCode).toBe(127);
        expect(stderr).toContain(program);
      }
    }
  });

  test("hands variables over that mean something to a shell", async () => {
    const names = [
      "OPTIND",
      "LINENO",
      "PPID",
      "IFS",
      "PS4",
      "ENV",
      "UID",
      "EUID",
      "BASHOPTS",
      "SHELLOPTS",
      "RANDOM",
      "SECONDS",
      "HISTCMD",
    ];
    const env = Object.fromEntries(
      [...names, ...Array.from("abcdefghijklmnopqrstuvwxyz")].map((name) => [name, `value of ${name}`]),
    );
    expect(await readEnvironment(env)).toEqual(env);
  });

  test("needs no program of the command's PATH to hand odd variables over", async () => {
    const env = { PATH: "/nowhere", "A.B": "c" };
    expect(await readEnvironment(env)).toEqual(env);
  });

  test("may be megabytes long", async () => {
    const args = Array.from({ length: 15 }, () => "\n".repeat(100_000));
    const { stdout } = await becomeCommand({ command: ["printf", "%s\\0", ...args] });
    expect(stdout.toString().split("\0").slice(0, -1)).toEqual(args);
  });

  test("that ends too early starts nothing", async () => {
    const { argv, stdinPreamble } = planLaunch({ ...base, command: ["echo", "started", "x".repeat(20_000)] });
    const reader = argv.at(-1) ?? "";
    for (const length of [0, 1, 100, 10_000, stdinPreamble.length - 1]) {
      const child = spawn("sh", ["-c", `k=${base.id}; ${reader}`], {
        env: { HOME: "/", PATH: "/usr/bin:/bin" },
      });
      child.stdin.end(stdinPreamble.subarray(0, length));
      const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close")]);
      expect({ stdout, exitCode: Number(exitCode) }).toEqual({ stdout: "", exitCode: 125 });
    }
  });

  test("has the launcher say first that the command is about to run", async () => {
    const { stderr, stdout, exitCode } = await becomeCommand({
      command: ["sh", "-c", "echo out; echo err >&2; exit 3"],
    });
    expect({ stderr, stdout: stdout.toString(), exitCode }).toEqual({
      stderr: "pixels-launch test-1 ok\nerr\n",
      stdout: "out\n",
      exitCode: 3,
    });
  });

  test("of a command with a missing directory has it say so, and nothing else", async () => {
    const { stderr, exitCode } = await becomeCommand({ cwd: "/no/such/directory" });
    expect({ stderr, exitCode }).toEqual({ stderr: "pixels-launch test-1 cwd pixel\n", exitCode: 125 });
  });
});
