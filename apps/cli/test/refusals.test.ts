import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useCli } from "./support/bundle.ts";

// nobody listens there: whatever asks a server ends with BACKEND_UNAVAILABLE
const cli = useCli({ PIXELS_INCUS_SOCKET: "/nonexistent/unix.socket" });

async function failWith(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await cli.run(["--json", ...args], { env });
  expect(stdout).toBe("");
  const document = JSON.parse(stderr) as {
    readonly schema: number;
    readonly error: { readonly code: string; readonly message: string; readonly next: string };
  };
  expect(document.schema).toBe(1);
  expect(document.error.next).not.toBe("");
  return { exitCode: code, ...document.error };
}

test("a command that reaches for a server that is not there is BACKEND_UNAVAILABLE", async () => {
  expect(await failWith(["list"])).toMatchObject({ code: "BACKEND_UNAVAILABLE", exitCode: 27 });
  expect(await failWith(["exec", "dev", "--", "true"])).toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    exitCode: 125,
  });
  expect(await failWith(["create", "dev"])).toMatchObject({ code: "BACKEND_UNAVAILABLE", exitCode: 27 });
});

describe("bad values are refused before any request", () => {
  test.each([
    [["create", "Dev"], '"Dev"'],
    [["create", "a--b"], '"a--b"'],
    [["create", "px-sys-gateway"], "px-sys-gateway"],
    [["create", "base-dev"], "base-"],
    [["create", "px-mcp-dev"], "mcp-"],
    [["create", "dev", "--cpu", "many"], "--cpu"],
    [["create", "dev", "--memory", "2GB"], "--memory"],
    [["create", "dev", "--memory", "1KiB"], "memory"],
    [["create", "dev", "--disk=-1"], "--disk"],
    [["create", "dev", "--image", "a b"], "a b"],
    [["create", "dev", "--egress", "none"], "--egress"],
    [["create", "dev", "--from", "Other"], "--from"],
    [["create", "dev", "--from", "other:"], "--from"],
    [["create", "dev", "--from", "other:pixels-x"], "pixels-"],
    [["create", "dev", "--from", "a:b:c"], "b:c"],
    [["create", "dev", "--from", "other", "--image", "debian/12"], "--image and --from"],
    [["forward", "Dev", "80"], '"Dev"'],
    [["ssh-config", "../x"], "../x"],
    [["set", "Dev", "--cpu", "1"], '"Dev"'],
    [["set", "dev", "--cpu", "many"], "--cpu"],
    [["set", "dev", "--memory", "None"], "--memory"],
    [["set", "dev", "--memory", "1KiB"], "memory"],
    [["set", "dev", "--disk", "0"], "--disk"],
    [["set", "dev", "--label", "team"], "--label"],
    [["set", "dev", "--label", "=web"], '""'],
    [["set", "dev", "--label", "Team=web"], '"Team"'],
    [["checkpoint", "create", "Dev"], '"Dev"'],
    [["checkpoint", "create", "dev", "--label", "a/b"], "a/b"],
    [["checkpoint", "create", "dev", "--label", "snapshot-1"], "snapshot-"],
    [["checkpoint", "list", "../x"], "../x"],
    [["cp", "restore", "dev", ".."], '".."'],
    [["cp", "delete", "Dev", "a"], '"Dev"'],
    [["cp", "delete", "dev", "a?b"], "a?b"],
    [["start", "Dev"], '"Dev"'],
    [["stop", "a/b"], "a/b"],
    [["destroy", "--force", "../x"], "../x"],
    [["destroy", "dev"], "dev"],
  ])("%j", async (args, named) => {
    const { code, stderr, stdout } = await cli.run(["--json", ...args]);
    const [first = ""] = stderr.split("\n");
    expect(JSON.parse(first)).toMatchObject({ error: { code: "INVALID_ARGUMENT" } });
    expect(first).toContain(JSON.stringify(named).slice(1, -1));
    expect(code).toBe(10);
    expect(stdout === "" || stdout.includes("INVALID_ARGUMENT")).toBe(true);
  });

  test.each([
    [["exec", "Dev", "--", "true"], '"Dev"'],
    [["exec", "dev", "--timeout", "soon", "--", "true"], "--timeout"],
    [["exec", "dev", "--cwd", "relative", "--", "true"], "relative"],
    [["exec", "dev", "--env", "=x", "--", "true"], "--env"],
    [["exec", "dev", "--", ""], "empty"],
  ])("%j exits with 125", async (args, named) => {
    const failure = await failWith(args);
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", exitCode: 125 });
    expect(failure.message).toContain(named);
  });

  test("a command longer than the sandbox's kernel takes", async () => {
    const { code } = await failWith([
      "exec",
      "dev",
      "--",
      "true",
      ...Array<string>(18).fill("y".repeat(112_000)),
    ]);
    expect(code).toBe("ARGUMENT_TOO_LONG");
  });
});

describe("a remote server is named whole, or not at all", () => {
  test.each([
    [{ PIXELS_INCUS_REMOTE: "https://192.0.2.1:8443" }, "a client certificate and its key"],
    [{ PIXELS_INCUS_SERVER_CERT: "/server.crt" }, "none is named"],
  ])("%j", async (variables, named) => {
    const failure = await failWith(["list"], { PIXELS_INCUS_SOCKET: "", ...variables });
    expect(failure.code).toBe("INVALID_ARGUMENT");
    expect(failure.message).toContain(named);
  });
});

describe("what comes later is refused, before any request and with a way on", () => {
  test.each([
    [["create", "dev", "--base", "python"], "--base"],
    [["create", "dev", "--egress", "blocked"], "--egress blocked"],
    [["create", "dev", "--allow", "example.org"], "--allow"],
    [["list", "--backend", "truenas"], "truenas"],
  ])("%j", async (args, named) => {
    const failure = await failWith(args);
    expect(failure).toMatchObject({ code: "CAPABILITY_UNSUPPORTED", exitCode: 25 });
    expect(failure.message).toContain(named);
  });

  test("--egress unrestricted is what there is", async () => {
    expect(await failWith(["create", "dev", "--egress", "unrestricted"])).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
    });
  });

  test("a configured egress is refused unless the flag takes it back", async () => {
    const env = { PIXELS_NETWORK_EGRESS: "agent" };
    expect(await failWith(["create", "dev"], env)).toMatchObject({ code: "CAPABILITY_UNSUPPORTED" });
    expect(await failWith(["create", "dev", "--egress", "unrestricted"], env)).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
    });
  });

  test.each([
    ["PIXELS_DEFAULT_PARENT", "br0"],
    ["PIXELS_DEFAULT_NIC_TYPE", "macvlan"],
  ])("%s, which would lead to another server or network", async (variable, value) => {
    expect(await failWith(["list"], { [variable]: value })).toMatchObject({ code: "CAPABILITY_UNSUPPORTED" });
  });
});

describe("the configuration", () => {
  test("a bad value names file and key, whichever way the file was named", async () => {
    const folder = join(cli.home, ".config/pixels");
    await mkdir(folder, { recursive: true });
    const usual = join(folder, "config.toml");
    const named = join(cli.home, "named.toml");
    await writeFile(usual, '[defaults]\nmemory = "much"\n');
    await writeFile(named, "[defaults]\ncpus = 2\n");
    expect(await failWith(["list"])).toMatchObject({
      code: "CONFIG_INVALID",
      exitCode: 11,
      message: expect.stringContaining(usual),
    });
    for (const failure of [
      await failWith(["list", "--config", named]),
      await failWith(["list"], { PIXELS_CONFIG: named }),
    ])
      expect(failure).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(named) });
    expect(await failWith(["exec", "dev", "--", "true"])).toMatchObject({
      code: "CONFIG_INVALID",
      exitCode: 125,
    });
    await rm(folder, { recursive: true });
  });

  test("an unknown variable is a warning, and none with --json", async () => {
    const env = { PIXELS_INCUS_SOKCET: "/x" };
    const { code, stderr } = await cli.run(["list"], { env });
    expect(code).toBe(27);
    expect(stderr).toMatch(/^pixels: warning: PIXELS_INCUS_SOKCET .*\npixels: .*\n$/);
    expect(await failWith(["list"], env)).toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  });
});

test("an error is one line; -v adds the stack and the causes", async () => {
  const plain = await cli.run(["list"]);
  expect(plain.stderr).toMatch(/^pixels: [^\n]+; [^\n]+\n$/);
  const verbose = await cli.run(["list", "-v"]);
  expect(verbose.stderr).toContain(plain.stderr);
  expect(verbose.stderr).toMatch(/^ {4}at /m);
});
