import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { ExecOptions } from "../../exec.ts";
import type { Sandbox } from "../../sandbox.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

const oddVariables: Readonly<Record<string, string>> = {
  EMPTY: "",
  SPACES: "  two  spaces  ",
  QUOTES: `it's "quoted" \`twice\` '\\''`,
  SHELL_WORDS: "$(id) ${HOME} $$ \\ * ~ ; & | < > #",
  LINES: "one\ntwo\n\nEOF\n",
  UNICODE: "größer 🦊 \u202e",
  EQUALS: "a=b==c",
  CONTROL: "\u0001\u001b[0m\t\r",
  lower_case: "yes",
  // what a shell cannot export
  "A.B": "dotted",
  "WITH-HYPHEN": "yes",
  "WITH SPACE": "and a 'quote'",
  "1DIGIT": "first",
  "-OPTION": "like",
  ÜMLAUT: "ß",
  // what a launcher written in shell may use itself
  ...Object.fromEntries(Array.from("abcdefghijklmnopqrstuvwxyz", (letter) => [letter, `letter ${letter}`])),
  // what means something to a shell
  IFS: "a:",
  OPTIND: "no number",
  LINENO: "neither",
  PPID: "1",
  PS4: "$(id)",
  ENV: "/nonexistent",
};

async function readVariables(
  sandbox: Sandbox,
  options: ExecOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = expectSuccess(await sandbox.exec(["env", "-0"], options));
  const pairs = stdout.split("\0").slice(0, -1);
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** Where commands run and what they find there. */
export const environment = {
  "exec:cwd": async ({ sandbox }) => {
    expect((await sandbox.exec(["pwd"], { cwd: "/usr" })).stdout).toBe("/usr\n");
    const { stdout: home } = expectSuccess(await sandbox.exec(shell('printf %s "$HOME"')));
    for (const name of ["-P", "a b", 'it\'s "odd" $(id) `id` \\ *', "new\nline", "größer 🦊", "..."]) {
      const cwd = `${home}/${name}`;
      expectSuccess(await sandbox.exec(["mkdir", "-p", "--", cwd]));
      expect((await sandbox.exec(["pwd"], { cwd })).stdout).toBe(`${cwd}\n`);
    }
  },

  "exec:cwd-missing": async ({ sandbox }) => {
    const refusal = { code: "WORKING_DIRECTORY_NOT_FOUND" };
    await expect(sandbox.exec(["pwd"], { cwd: "/no/such/directory" })).rejects.toMatchObject(refusal);
    await expect(sandbox.exec(["pwd"], { cwd: "/etc/passwd" })).rejects.toMatchObject(refusal);
    await expect(
      sandbox.exec(["cat"], { cwd: "/no/such/directory", stdin: Buffer.alloc(300_000) }),
    ).rejects.toMatchObject(refusal);
  },

  "exec:env": async ({ sandbox }) => {
    const variables = await readVariables(sandbox, { env: oddVariables });
    const found = Object.fromEntries([...variables].filter(([name]) => name in oddVariables));
    expect(found).toEqual(oddVariables);
    expect((await readVariables(sandbox)).has("EMPTY")).toBe(false);
    const replaced = await sandbox.exec(["/usr/bin/env"], {
      env: { HOME: "/other", PATH: "/nowhere", "A.B": "c" },
    });
    expect(replaced.stdout.split("\n")).toEqual(
      expect.arrayContaining(["HOME=/other", "PATH=/nowhere", "A.B=c"]),
    );
  },

  "exec:login-environment": async ({ sandbox }) => {
    const variables = await readVariables(sandbox);
    const { account } = await sandbox.info();
    expect(variables.get("USER")).toBe(account);
    expect(variables.get("LOGNAME")).toBe(account);
    expect(variables.get("HOME")).toMatch(/^\//);
    expect(variables.get("SHELL")).toMatch(/^\//);
    expect(variables.get("PATH")?.split(":")).toEqual(
      expect.arrayContaining(["/usr/local/bin", "/usr/bin", "/bin"]),
    );
    expect(expectSuccess(await sandbox.exec(["pwd"])).stdout).toBe(`${variables.get("HOME")}\n`);
    expectSuccess(await sandbox.exec(shell('test -x "$SHELL" && test -w "$HOME"')));
    // what a shell adds by itself aside, there is nothing but a login's
    const known = new Set([
      "HOME",
      "USER",
      "LOGNAME",
      "SHELL",
      "PATH",
      "LANG",
      "PWD",
      "SHLVL",
      "_",
      "MAIL",
      "TZ",
    ]);
    const fromLogin = (name: string): boolean => known.has(name) || name.startsWith("LC_");
    expect([...variables.keys()].filter((name) => !fromLogin(name))).toEqual([]);
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
