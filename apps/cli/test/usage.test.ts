import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useCli } from "./support/bundle.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: "/nonexistent/unix.socket" });
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as {
  version: string;
};

describe("--version and --help", () => {
  test.each([[["--version"]], [["list", "--version"]], [["--json", "--version"]]])("%j", async (args) => {
    expect(await cli.run(args)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("--help, help and nothing at all tell every command", async () => {
    const { code, stdout, stderr } = await cli.run(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of [
      "create",
      "list",
      "exec",
      "console",
      "sessions",
      "push",
      "pull",
      "forward",
      "ssh-config",
      "start",
      "stop",
      "destroy",
      "set",
      "checkpoint",
      "prune",
      "setup",
      "doctor",
      "image",
      "config",
      "completion",
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(stdout).not.toContain("__complete");
    expect((await cli.run(["help"])).stdout).toBe(stdout);
    expect((await cli.run([])).stdout).toBe(stdout);
  });

  test.each([
    "create",
    "list",
    "ls",
    "exec",
    "console",
    "sessions",
    "push",
    "pull",
    "forward",
    "ssh-config",
    "start",
    "stop",
    "destroy",
    "set",
    "prune",
    "completion",
    "checkpoint",
    "cp",
    "checkpoint create",
    "cp list",
    "cp restore",
    "cp delete",
    "setup",
    "doctor",
    "image",
    "image list",
    "image build",
  ])("%s --help", async (command) => {
    const { code, stdout, stderr } = await cli.run([...command.split(" "), "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const section of ["Usage\n  pixels ", "Global options\n", "--json", "Examples\n"])
      expect(stdout).toContain(section);
    expect(stdout).not.toContain("#0");
  });

  test("a word with sub-commands tells them, wherever it stands, and each of them has help of its own", async () => {
    const { stdout } = await cli.run(["checkpoint", "--help"]);
    expect(stdout).toMatch(/^Keep states [^]*^Usage\n {2}pixels checkpoint <command>$/m);
    for (const line of ["create [--label <label>] <name>", "list <name>", "delete <name> <label>..."])
      expect(stdout).toContain(`\n  ${line}`);
    expect(stdout.match(/^Usage$/gm)).toHaveLength(1);
    for (const args of [
      ["cp", "--help"],
      ["--config", "/nonexistent", "cp", "--help"],
    ])
      expect((await cli.run(args)).stdout).toBe(stdout);
    expect((await cli.run(["cp", "restore", "--help"])).stdout).toContain(
      "Usage\n  pixels checkpoint restore [--discard-newer] <name> <label>\n",
    );
  });

  test("what goes to a pipe has no colours", async () => {
    expect((await cli.run(["create", "--help"])).stdout).not.toContain("\u001B");
  });
});

describe("a command line that cannot be understood exits with 2 and says on one line of stderr what to read", () => {
  test.each([
    [["nosuch"], "pixels --help"],
    [["list", "--nosuch"], "pixels list --help"],
    [["create"], "pixels create --help"],
    [["create", "one", "two"], "pixels create --help"],
    [["create", "dev", "--image"], "pixels create --help"],
    [["exec", "dev"], "pixels exec --help"],
    [["exec", "dev", "ls", "-la"], "put -- before the command"],
    [["exec", "dev", "ls", "-v"], "put -- before the command"],
    [["exec", "dev", "ls", "--json"], "put -- before the command"],
    [["exec", "-t", "--json", "dev", "--", "true"], "leave one of them out"],
    [["console"], "pixels console --help"],
    [["console", "dev", "test"], "pixels console --help"],
    [["console", "--json", "dev"], "pixels exec --json dev"],
    [["console", "--no-persist", "-s", "build", "dev"], "leave one of them out"],
    [["sessions"], "pixels sessions --help"],
    [["create", "--console", "--json", "dev"], "leave one of them out"],
    [["destroy"], "pixels destroy --help"],
    [["push", "dev", "file"], "pixels push --help"],
    [["pull", "dev"], "pixels pull --help"],
    [["push", "dev", "-x", "file", "/srv"], "pixels push --help"],
    [["forward", "dev"], "pixels forward --help"],
    [["forward", "dev", "0"], "write a port"],
    [["forward", "dev", "65536"], "write a port"],
    [["forward", "dev", "70000:80"], "write a port"],
    [["forward", "dev", "80:http"], "write a port"],
    [["forward", "dev", "127.0.0.1:80:80"], "write a port"],
    [["forward", "dev", "80", ":80"], "write a port"],
    [["forward", "dev", "-80"], "pixels forward --help"],
    [["forward", "dev", "8080:80", "8080"], "name another one"],
    [["forward", "--stdio", "dev", "80", "81"], "pixels forward --stdio dev"],
    [["forward", "--stdio", "dev", "0:80"], "pixels forward --stdio dev"],
    [["ssh-config"], "pixels ssh-config --help"],
    [["ssh-config", "dev", "test"], "pixels ssh-config --help"],
    [["set", "dev"], "pixels set --help"],
    [["prune", "dev"], "pixels prune --help"],
    [["completion"], "pixels completion --help"],
    [["checkpoint"], "pixels checkpoint --help"],
    [["config"], "pixels config --help"],
    [["config", "frob"], '"config frob"; see: pixels config --help'],
    [["cp", "--json"], "pixels cp --help"],
    [["checkpoint", "frob"], '"checkpoint frob"; see: pixels checkpoint --help'],
    [["cp", "frob", "dev"], '"cp frob"; see: pixels cp --help'],
    [["checkpoint", "create"], "pixels checkpoint create --help"],
    [["checkpoint", "restore", "dev"], "pixels checkpoint restore --help"],
    [["-v", "cp", "delete", "dev"], "pixels cp delete --help"],
    [["cp", "list", "dev", "--nosuch"], "pixels cp list --help"],
  ])("%j", async (args, hint) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(args.includes("--json") ? stderr : stderr.replace(/\n$/, "")).not.toMatch(/\n./);
    expect(stderr).toContain(hint);
  });

  test("with --json it is a document", async () => {
    const { code, stdout, stderr } = await cli.run(["--json", "list", "--nosuch"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({
      schema: 1,
      error: { code: "USAGE", message: expect.any(String), next: expect.any(String) },
    });
  });

  test("a stack is for mistakes of ours, not of the user", async () => {
    expect((await cli.run(["-v", "exec", "dev", "ls", "--json"])).stderr).not.toMatch(/^ {4}at /m);
  });
});
