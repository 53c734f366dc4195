import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import type { SandboxProcess } from "../../exec.ts";
import type { Sandbox } from "../../sandbox.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";
import { countTo } from "./streams.ts";

const terminal = { columns: 97, rows: 31 };
const INTERRUPT = "\u0003";
const END_OF_FILE = "\u0004";
const STOP = "\u001A";
const QUIT = "\u001C";

/** What a terminal shows, as far as it was read. */
class Screen {
  readonly #output: AsyncIterator<{ readonly stream: string; readonly data: Uint8Array }>;
  #text = "";

  constructor(process: SandboxProcess) {
    this.#output = process.output[Symbol.asyncIterator]();
  }

  /** Reads until the text is there; gives all that is new up to its end. */
  async until(text: string): Promise<string> {
    while (!this.#text.includes(text)) {
      const { done, value } = await this.#output.next();
      if (done === true) expect.fail(`the terminal ended without ${JSON.stringify(text)}: ${this.#text}`);
      expect(value.stream).toBe("terminal");
      this.#text += Buffer.from(value.data).toString();
    }
    const end = this.#text.indexOf(text) + text.length;
    const seen = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return seen;
  }

  /** Reads to the end, which holds a command up until somebody does; gives what is new. */
  async rest(): Promise<string> {
    for (let next = await this.#output.next(); next.done !== true; next = await this.#output.next())
      this.#text += Buffer.from(next.value.data).toString();
    return this.#text;
  }
}

async function show(sandbox: Sandbox, script: string): Promise<string> {
  return (await sandbox.exec(shell(script), { terminal })).stdout;
}

/** Starts what hides from its terminal, and ends it by `end` once all of it is there. */
async function runHiding(
  sandbox: Sandbox,
  signal: AbortSignal | undefined,
  end: (process: SandboxProcess) => Promise<void>,
): Promise<void> {
  const marker = newMarker();
  const script = shell(
    `trap '' HUP INT TERM; setsid sleep ${marker} & (sleep ${marker} &); nohup sleep ${marker} & sleep ${marker}`,
  );
  const process = await sandbox.spawn(script, { terminal, signal });
  await untilMarked(sandbox, marker, 4);
  await end(process);
  expect(await countMarked(sandbox, marker)).toBe(0);
}

/** What a command on a terminal can rely on. */
export const terminals = {
  "terminal:is-one": async ({ sandbox }) => {
    expect(await show(sandbox, "stty size")).toBe("31 97\r\n");
    expect(await show(sandbox, 'test -t 0 && test -t 1 && test -t 2 && test -c "$(tty)" && echo yes')).toBe(
      "yes\r\n",
    );
    expect(await show(sandbox, "echo out; echo err >&2; echo tty >/dev/tty")).toBe("out\r\nerr\r\ntty\r\n");
    // opened anew by its name, which only its owner can
    expect(await show(sandbox, 'echo named >"$(tty)"')).toBe("named\r\n");
  },

  "terminal:bad-size": async ({ client, newName }) => {
    const missing = client.sandbox(newName());
    for (const size of [
      { columns: 0, rows: 24 },
      { columns: 80, rows: 1.5 },
      { columns: 70_000, rows: 24 },
      { columns: Number.NaN, rows: 24 },
    ])
      await expect(missing.spawn(["true"], { terminal: size })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
  },

  "terminal:resize": async ({ sandbox }) => {
    const script = shell("trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.05; done");
    await using process = await sandbox.spawn(script, { terminal });
    const screen = new Screen(process);
    await screen.until("ready\r\n");
    await process.resize({ columns: 132, rows: 50 });
    expect(await screen.until("\r\n")).toBe("50 132\r\n");
    expect((await process.wait()).exitCode).toBe(3);
    await expect(process.resize({ columns: 0, rows: 50 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  },

  "terminal:keys": async ({ sandbox }) => {
    // a program that inherits a key's signal as ignored cannot be taught otherwise
    const ended = { [INTERRUPT]: 130, [QUIT]: 131 };
    for (const [key, exitCode] of Object.entries(ended)) {
      const marker = newMarker();
      await using process = await sandbox.spawn(["sleep", marker], { terminal });
      await untilMarked(sandbox, marker, 1);
      await process.write(key);
      expect((await process.wait()).exitCode).toBe(exitCode);
    }
    const script = shell("trap 'echo caught' INT; echo ready; read -r line; cat; exit 4");
    await using process = await sandbox.spawn(script, { terminal });
    const screen = new Screen(process);
    await screen.until("ready\r\n");
    await process.write(INTERRUPT);
    await screen.until("caught\r\n");
    await process.write(`\n${END_OF_FILE}`);
    await screen.rest();
    expect((await process.wait()).exitCode).toBe(4);
  },

  "terminal:job-control": async ({ sandbox }) => {
    const marker = newMarker();
    await using process = await sandbox.spawn(["sh", "-i"], { terminal, env: { PS1: "prompt> " } });
    const screen = new Screen(process);
    await screen.until("prompt> ");
    await process.write(`sleep ${marker}\n`);
    await untilMarked(sandbox, marker, 1);
    await process.write(STOP);
    await process.write("echo stopped-$((1 + 1)); jobs\n");
    await screen.until("stopped-2\r\n");
    expect(await screen.until("prompt> ")).toContain(`sleep ${marker}`);
    expect(await countMarked(sandbox, marker)).toBe(1);
    await process.write("fg\n");
    await screen.until(`sleep ${marker}`);
    await process.write(INTERRUPT);
    await process.write("echo interrupted-$((2 + 2))\n");
    await screen.until("interrupted-4\r\n");
    expect(await countMarked(sandbox, marker)).toBe(0);
    await process.write("exit 5\n");
    await screen.rest();
    expect((await process.wait()).exitCode).toBe(5);
  },

  "terminal:echo": async ({ sandbox }) => {
    const script = shell('echo ready; read -r line; echo "got $line"; cat; echo; echo end');
    await using process = await sandbox.spawn(script, { terminal });
    const screen = new Screen(process);
    await screen.until("ready\r\n");
    await process.write("größer\n");
    expect(await screen.until("got größer\r\n")).toBe("größer\r\ngot größer\r\n");
    await process.write("half a line");
    await process.closeStdin();
    expect(await screen.rest()).toBe("half a linehalf a line\r\nend\r\n");
    expect((await process.wait()).exitCode).toBe(0);
    // where none is given, the input ends at once
    expect((await sandbox.exec(["cat"], { terminal })).stdout).toBe("");
  },

  "terminal:large-input": async ({ sandbox }) => {
    const bytes = randomBytes(300_000);
    const script = shell(`stty raw -echo; echo ready; head -c ${bytes.length} | sha256sum`);
    await using process = await sandbox.spawn(script, { terminal });
    const screen = new Screen(process);
    await screen.until("ready\n");
    await process.write(bytes);
    expect(await screen.rest()).toContain(createHash("sha256").update(bytes).digest("hex"));
  },

  "terminal:slow-reader": async ({ sandbox }) => {
    await using process = await sandbox.spawn(["seq", "1", "300000"], { terminal });
    const pieces: Uint8Array[] = [];
    for await (const { data } of process.output) {
      pieces.push(data);
      if (pieces.length < 20) await sleep(25);
    }
    const expected = countTo(300_000).replaceAll("\n", "\r\n");
    expect(Buffer.concat(pieces).equals(Buffer.from(expected))).toBe(true);
    expect((await process.wait()).exitCode).toBe(0);
  },

  "terminal:exit-codes": async ({ sandbox }) => {
    for (const exitCode of [0, 7, 125, 130, 255]) {
      const { status, stdout } = await sandbox.exec(shell(`echo out; exit ${exitCode}`), { terminal });
      expect({ exitCode: status.exitCode, stdout }).toEqual({ exitCode, stdout: "out\r\n" });
    }
    for (const [name, number] of Object.entries({ HUP: 1, INT: 2, KILL: 9, TERM: 15 })) {
      const { status, stdout } = await sandbox.exec(shell(`kill -s ${name} $$`), { terminal });
      expect({ exitCode: status.exitCode, stdout }).toEqual({ exitCode: 128 + number, stdout: "" });
    }
    const missing = await sandbox.exec(["pixels-no-such-program"], { terminal });
    expect(missing.status.exitCode).toBe(127);
  },

  "terminal:environment": async ({ sandbox }) => {
    const secret = randomBytes(10_000).toString("base64");
    const env = { SECRET: secret, ODD: "a\nb\u0003\u0004\u001A\u007F\t'\"", "A.B": "dot" };
    const words = ["a b", "$(id)", "'", "\n", "\u0003", "ü", ""];
    const script = 'stty -opost; printf "%s|" "$(printf %s "$SECRET" | sha256sum)" "$ODD" "$@"';
    const { stdout } = await sandbox.exec(["sh", "-c", script, "sh", ...words], { terminal, env });
    const digest = createHash("sha256").update(secret).digest("hex");
    expect(stdout).toBe([`${digest}  -`, env.ODD, ...words, ""].join("|"));
    expect(await sandbox.exec(["printenv", "A.B"], { terminal, env })).toMatchObject({ stdout: "dot\r\n" });
  },

  "terminal:type": async ({ sandbox }) => {
    const type = async (env: Record<string, string>): Promise<string> =>
      (await sandbox.exec(shell('echo "$TERM"'), { terminal, env })).stdout.trim();
    expect(await type({ TERM: "vt100" })).toBe("vt100");
    for (const unknown of ["no-such-terminal", "../x/xterm", ""])
      expect(await type({ TERM: unknown })).toBe("xterm-256color");
    expect(await type({})).toBe("xterm-256color");
  },

  "terminal:cwd-missing": async ({ sandbox }) => {
    expect((await sandbox.exec(["pwd"], { terminal, cwd: "/usr" })).stdout).toBe("/usr\r\n");
    await expect(sandbox.exec(["true"], { terminal, cwd: "/no/such/directory" })).rejects.toMatchObject({
      code: "WORKING_DIRECTORY_NOT_FOUND",
    });
  },

  "terminal:abort-kills-descendants": async ({ sandbox }) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    await runHiding(sandbox, controller.signal, async (process) => {
      controller.abort(reason);
      await expect(process.wait()).rejects.toBe(reason);
      await process[Symbol.asyncDispose]();
    });
    await runHiding(sandbox, undefined, async (process) => {
      await process[Symbol.asyncDispose]();
    });
    const marker = newMarker();
    const timedOut = sandbox.exec(shell(`echo early; sleep ${marker}`), { terminal, timeoutMs: 1500 });
    await expect(timedOut).rejects.toMatchObject({ code: "TIMEOUT", result: { stdout: "early\r\n" } });
    expect(await countMarked(sandbox, marker)).toBe(0);
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
