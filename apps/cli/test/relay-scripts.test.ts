import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { relayCommand, relayExits } from "../src/relay-scripts.ts";
import { findFreePort, listenHere, readToEnd } from "./support/tcp.ts";

/** Where each of these programs is, whatever stands before it in PATH. */
const locate = {
  sh: ["sh", "-c", "command -v sh"],
  perl: ["perl", "-e", "print $^X"],
  python3: ["python3", "-c", "import sys; print(sys.executable, end='')"],
} as const;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pixels-relay-"));
  for (const interpreter of ["perl", "python3", "neither"])
    await makePath(interpreter, interpreter === "neither" ? ["sh"] : ["sh", interpreter as "perl"]);
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** A folder with these programs and nothing else. */
async function makePath(name: string, programs: readonly (keyof typeof locate)[]): Promise<void> {
  await mkdir(join(directory, name));
  for (const program of programs) {
    const [command, ...args] = locate[program];
    await symlink(execFileSync(command, args, { encoding: "utf8" }).trim(), join(directory, name, program));
  }
}

/** The relay as it runs in a sandbox, here. */
function startRelay(path: string, port: number) {
  const [program, ...args] = relayCommand(port);
  const child = spawn(program, args, { env: { PATH: join(directory, path) } });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exit };
}

const text = async (stream: Parameters<typeof readToEnd>[0]) => (await readToEnd(stream)).toString();

describe.each(["perl", "python3"])("with %s", (path) => {
  test.each(["127.0.0.1", "::1"])("what goes to %s comes back as it was, to the end", async (host) => {
    const relay = startRelay(path, await listenHere((socket) => void socket.pipe(socket), { host }));
    const data = randomBytes(3_000_000);
    relay.stdin.end(data);
    const [back, said] = await Promise.all([readToEnd(relay.stdout), text(relay.stderr)]);
    expect(back.equals(data)).toBe(true);
    expect(said).toBe(`eof ${data.length}\n`);
    expect(await relay.exit).toBe(0);
  });

  test("an end of stdin is an end for the server, which can still answer", async () => {
    const port = await listenHere((socket) => {
      void text(socket).then((all) => socket.end(`had ${all}`));
    });
    const relay = startRelay(path, port);
    relay.stdin.end("question");
    expect(await text(relay.stdout)).toBe("had question");
    expect(await relay.exit).toBe(0);
  });

  test("an end of the server's is told while the other direction goes on", async () => {
    const sockets: Promise<string>[] = [];
    const port = await listenHere((socket) => {
      sockets.push(text(socket));
      socket.end("answer");
    });
    const relay = startRelay(path, port);
    const answer = text(relay.stdout);
    const [said] = (await once(relay.stderr, "data")) as [Buffer];
    expect(said.toString()).toBe("eof 6\n");
    relay.stdin.end("afterwards");
    expect(await Promise.all(sockets)).toEqual(["afterwards"]);
    expect(await answer).toBe("answer");
    expect(await relay.exit).toBe(0);
  });

  test("a direction that nobody reads does not hold up the other one", async () => {
    const data = randomBytes(4_000_000);
    let received: Promise<Buffer> | undefined;
    const port = await listenHere((socket) => {
      socket.end(data);
      received = readToEnd(socket);
    });
    const relay = startRelay(path, port);
    relay.stdin.end(data);
    await once(relay.stdin, "finish");
    await expect.poll(() => received).toBeDefined();
    expect((await received)?.equals(data)).toBe(true);
    expect((await readToEnd(relay.stdout)).equals(data)).toBe(true);
    expect(await relay.exit).toBe(0);
  });

  test("what was written before the connection was broken off still comes", async () => {
    const port = await listenHere((socket) => {
      socket.write("last words");
      socket.once("data", () => socket.resetAndDestroy());
    });
    const relay = startRelay(path, port);
    const [words] = (await once(relay.stdout, "data")) as [Buffer];
    relay.stdin.write("anything");
    expect(words.toString()).toBe("last words");
    relay.stdout.resume();
    relay.stderr.resume();
    expect(await relay.exit).toBe(relayExits.reset);
  });

  test("says why nobody listens", async () => {
    const relay = startRelay(path, await findFreePort());
    relay.stdout.resume();
    expect(await text(relay.stderr)).toBe("refused Connection refused\n");
    expect(await relay.exit).toBe(relayExits.refused);
  });
});

test("without an interpreter it says so", async () => {
  const relay = startRelay("neither", 1);
  relay.stdout.resume();
  relay.stderr.resume();
  expect(await relay.exit).toBe(relayExits.noInterpreter);
});
