import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import type { RunOptions } from "./support/cli.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-exec";

beforeAll(async () => {
  await cli.mustRun(["create", name]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

const exec = (command: readonly string[], options?: RunOptions) =>
  cli.run(["exec", name, "--", ...command], options);

async function capture(command: readonly string[], flags: readonly string[] = []) {
  const { code, stdout, stderr } = await cli.run(["exec", "--json", ...flags, name, "--", ...command]);
  return { code, stderr, document: JSON.parse(stdout === "" ? stderr : stdout) as Record<string, unknown> };
}

/** A shell pipeline on this machine, in which "$PIXELS" is the command. */
function pipeline(script: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...cli.env, PIXELS: cli.bin, NODE: process.execPath, NAME: name };
    execFile("bash", ["-c", script], { env }, (error, stdout, stderr) => {
      if (error !== null && error.code === undefined) reject(error);
      else resolve({ stdout, stderr });
    });
  });
}

async function remoteProcesses(): Promise<string> {
  return (await exec(["ps", "-eo", "args"])).stdout;
}

describe("results", () => {
  test.each([0, 1, 7, 125, 255])("the exit code %d is the command's", async (code) => {
    expect(await exec(["sh", "-c", `exit ${code}`])).toMatchObject({ code, stdout: "" });
  });

  test("a missing program is 127, one that cannot run is 126, a signal 128 and its number", async () => {
    expect((await exec(["/no/such/program"])).code).toBe(127);
    expect((await exec(["/etc/hostname"])).code).toBe(126);
    expect((await exec(["sh", "-c", "kill -TERM $$"])).code).toBe(143);
  });

  test("the streams stay apart", async () => {
    expect(await exec(["sh", "-c", "echo out; echo err >&2"])).toMatchObject({
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("the command is run as given, also what looks like an option of ours", async () => {
    const words = ["a  b", "$(x)", "'\"", "--json", "-v", "--", "--help", "", "ü\nn"];
    const { stdout } = await exec(["printf", "%s\\0", ...words]);
    expect(stdout.split("\0").slice(0, -1)).toEqual(words);
  });

  test("without -- a command that has no options is fine", async () => {
    expect(await cli.run(["exec", name, "echo", "hello"])).toMatchObject({ code: 0, stdout: "hello\n" });
  });

  test("a missing sandbox and a missing directory are 125", async () => {
    expect((await cli.run(["exec", "cli-missing", "--", "true"])).code).toBe(125);
    expect((await cli.run(["exec", name, "--cwd", "/no/such", "--", "true"])).code).toBe(125);
  });
});

describe("surroundings", () => {
  test("--cwd and --env, before and after the name", async () => {
    const { stdout } = await cli.run(
      [
        "exec",
        "--cwd",
        "/usr",
        name,
        "--env",
        "A=1 2",
        "--env",
        "HOSTS",
        "--env",
        "UNSET",
        "--",
        "sh",
        "-c",
        'pwd; echo "$A $HOSTS ${UNSET-none}"',
      ],
      { env: { HOSTS: "from here" } },
    );
    expect(stdout).toBe("/usr\n1 2 from here none\n");
  });

  test("[env] of the configuration that is for sessions, which --env outdoes", async () => {
    const config = `${cli.home}/session.toml`;
    await writeFile(config, '[env]\nA = { value = "config", session_only = true }\nB = { forward = true }\n');
    const script = ["sh", "-c", 'echo "$A $B"'];
    const options = { env: { B: "host" } };
    expect((await cli.run(["exec", "--config", config, name, "--", ...script], options)).stdout).toBe(
      "config host\n",
    );
    expect(
      (await cli.run(["exec", "--config", config, "--env", "A=flag", name, "--", ...script], options)).stdout,
    ).toBe("flag host\n");
  });

  test("--root is root", async () => {
    expect((await cli.run(["exec", "--root", name, "--", "id", "-un"])).stdout).toBe("root\n");
  });
});

describe("input and output", () => {
  test("what is piped in arrives to its end, and comes back, byte for byte", async () => {
    const data = randomBytes(3_000_000);
    const { code, stdoutBytes } = await exec(["cat"], { stdin: data });
    expect(code).toBe(0);
    expect(createHash("sha256").update(stdoutBytes).digest("hex")).toBe(
      createHash("sha256").update(data).digest("hex"),
    );
  });

  test("-n gives no input, though there is some", async () => {
    expect(await cli.run(["exec", "-n", name, "--", "cat"], { stdin: "text" })).toMatchObject({
      code: 0,
      stdout: "",
    });
  });

  test("ends with its command while stdin is open", async () => {
    expect(await exec(["echo", "done"], { keepOpen: true })).toMatchObject({ code: 0, stdout: "done\n" });
    expect(await cli.run(["list"], { keepOpen: true })).toMatchObject({ code: 0 });
  });

  test("ends with its command while stdin never ends", async () => {
    expect((await pipeline('yes | "$NODE" "$PIXELS" exec "$NAME" -- head -n 2')).stdout).toBe("y\ny\n");
  });

  test("a slow reader gets everything", async () => {
    const { stdout } = await pipeline(
      '"$NODE" "$PIXELS" exec "$NAME" -- head -c 20000000 /dev/zero | { sleep 1; wc -c; }; echo "${PIPESTATUS[0]}"',
    );
    expect(stdout).toBe("20000000\n0\n");
  });

  test("a reader that goes away ends the command, quietly", async () => {
    const { stdout, stderr } = await pipeline(
      '"$NODE" "$PIXELS" exec "$NAME" -- yes eager | head -n 1; echo "${PIPESTATUS[0]}"',
    );
    expect(stdout).toBe("eager\n141\n");
    expect(stderr).not.toContain("pixels:");
    expect(await remoteProcesses()).not.toContain("yes eager");
  });

  test("a reader of stderr that goes away ends the command too", async () => {
    const { stdout } = await pipeline(
      '{ "$NODE" "$PIXELS" exec "$NAME" -- sh -c "yes pressing >&2" 2>&1 >/dev/null; echo "$?" >&3; } 3>&1 | head -n 2 | sort',
    );
    expect(stdout).toContain("pressing\n");
    expect(await remoteProcesses()).not.toContain("yes pressing");
  });

  test("output that cannot be written is a failure", async () => {
    const { stdout, stderr } = await pipeline(
      '"$NODE" "$PIXELS" exec "$NAME" -- echo text >/dev/full; echo $?',
    );
    expect(stdout).toBe("125\n");
    expect(stderr).toContain("ENOSPC");
  });
});

describe("--timeout", () => {
  test("kills the whole command and exits with 124", async () => {
    const timedOut = await cli.run([
      "exec",
      "--timeout",
      "500ms",
      name,
      "--",
      "sh",
      "-c",
      "setsid sleep 51515 & sleep 51515",
    ]);
    expect(timedOut.code).toBe(124);
    expect(timedOut.stderr).toContain("--timeout");
    expect(await remoteProcesses()).not.toContain("51515");
  });

  test("with --json what was written until then is beside the error", async () => {
    const { code, document } = await capture(["sh", "-c", "echo early; sleep 51516"], ["--timeout", "1s"]);
    expect(code).toBe(124);
    expect(document).toMatchObject({
      schema: 1,
      error: { code: "TIMEOUT" },
      stdout: "early\n",
      exit_code: null,
    });
  });

  test("time that is not needed changes nothing", async () => {
    expect(await cli.run(["exec", "--timeout", "10m", name, "--", "echo", "quick"])).toMatchObject({
      code: 0,
      stdout: "quick\n",
    });
  });
});

describe("--json", () => {
  test("is one document, with the command's exit code", async () => {
    const { code, stderr, document } = await capture(["sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
    expect(document).toEqual({
      schema: 1,
      exit_code: 7,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      encoding: "utf-8",
      truncated: false,
      duration_ms: expect.any(Number),
    });
  });

  test("bytes that are not UTF-8 are base64", async () => {
    const { document } = await capture(["printf", String.raw`\377\000`]);
    expect(document).toMatchObject({ encoding: "base64", stdout: "/wA=", stderr: "" });
  });

  test("holds one MiB a stream and says that there was more", async () => {
    const { document } = await capture(["sh", "-c", "head -c 1048577 /dev/zero | tr '\\0' x"]);
    expect(document).toMatchObject({ truncated: true, encoding: "utf-8", exit_code: 0 });
    expect(document["stdout"]).toBe("x".repeat(1024 * 1024));
  });
});
