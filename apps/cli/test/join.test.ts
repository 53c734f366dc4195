import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type RemoteDaemon,
  startRemoteDaemon,
} from "../../../packages/incus-backend/test/remote/support/remote-daemon.ts";
import { openTcpProxy } from "../../../packages/incus-backend/test/remote/support/tcp-proxy.ts";
import { useCli } from "./support/bundle.ts";
import { onTerminal } from "./support/terminal.ts";

const cli = useCli();
let daemon: RemoteDaemon;
/** Of the incus client. */
let home: string;
/** A configuration folder for each test. */
let folder: string;

beforeAll(async () => {
  daemon = await startRemoteDaemon();
  home = await mkdtemp(join(tmpdir(), "pixels-incus-home-"));
}, 600_000);

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(cli.home, "config-"));
});

async function incus(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: home, INCUS_SOCKET: daemon.testbed.socketPath };
  const running = promisify(execFile)("incus", args, { env });
  running.child.stdin?.end();
  return (await running).stdout;
}

const withConfig = (stdin: string) => ({ stdin, env: { XDG_CONFIG_HOME: folder } });
const countClients = async () => (JSON.parse(await incus("query", "/1.0/certificates")) as unknown[]).length;
const list = () => cli.run(["list", "--json"], withConfig(""));

function tamper(output: string, change: Readonly<Record<string, unknown>>): string {
  const token = output.trim().split("\n").at(-1) ?? "";
  const content = JSON.parse(Buffer.from(token, "base64").toString()) as Record<string, unknown>;
  return Buffer.from(JSON.stringify({ ...content, ...change })).toString("base64");
}

/** Folders with what joins have written. */
const readJoins = async () => (await readdir(join(folder, "pixels/incus"))).toSorted();

test("a token makes this machine a client, whose key is its own; a second use of it is refused and changes nothing", async () => {
  const token = await incus("config", "trust", "add", "laptop");
  const { stdout, stderr } = await cli.mustRun(["setup", "--remote"], withConfig(token));
  expect(stdout + stderr).not.toContain(token.trim().split("\n").at(-1));
  expect(stdout).toContain(`${daemon.options.remote} trusts this machine now.`);
  expect(await list()).toMatchObject({ code: 0, stdout: '{"schema":1,"sandboxes":[]}\n' });
  const [own = "", ...others] = await readJoins();
  expect(others).toEqual([]);
  const files = join(folder, "pixels/incus", own);
  expect((await readdir(files)).toSorted()).toEqual(["client.crt", "client.key", "server.crt"]);
  expect((await stat(join(files, "client.key"))).mode & 0o777).toBe(0o600);
  expect(await cli.run(["setup", "--remote"], withConfig(token))).toMatchObject({
    code: 28,
    stderr: expect.stringContaining("it was used before, or has expired") as string,
  });
  expect(await readJoins()).toEqual([own]);
  expect(await list()).toMatchObject({ code: 0 });
});

test("another join leaves what the configuration names as it is", async () => {
  await cli.mustRun(["setup", "--remote"], withConfig(await incus("config", "trust", "add", "first")));
  const config = await readFile(join(folder, "pixels/config.toml"), "utf8");
  await cli.mustRun(["setup", "--remote"], withConfig(await incus("config", "trust", "add", "second")));
  expect(await readJoins()).toHaveLength(2);
  expect(await readFile(join(folder, "pixels/config.toml"), "utf8")).toBe(config);
  expect(await list()).toMatchObject({ code: 0 });
});

test("a token for one project is written down with it, and doctor finds no problem then", async () => {
  await incus("project", "create", "team");
  await incus(
    "profile",
    "device",
    "add",
    "default",
    "root",
    "disk",
    "path=/",
    "pool=default",
    "--project",
    "team",
  );
  const token = await incus("config", "trust", "add", "narrow", "--restricted", "--projects", "team");
  await cli.mustRun(["setup", "--remote"], withConfig(token));
  expect(await readFile(join(folder, "pixels/config.toml"), "utf8")).toContain('project = "team"\n');
  expect(await list()).toMatchObject({ code: 0 });
  const { code, stdout } = await cli.run(["doctor"], withConfig(""));
  expect(stdout).not.toMatch(/^problem/m);
  expect(stdout).toMatch(/^ok +server /m);
  expect(code).toBe(0);
});

test("a token that has expired is refused before anything is asked", async () => {
  const output = await incus("config", "trust", "add", "late");
  const token = tamper(output, { expires_at: "2020-01-01T00:00:00Z" });
  expect(await cli.run(["setup", "--remote"], withConfig(token))).toMatchObject({
    code: 28,
    stderr: expect.stringContaining("the token has expired") as string,
  });
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ["a line", "not-a-token\r", 10],
  ["Ctrl-C", "not-a-tok\u0003", 130],
])("what is typed on a terminal is not shown: %s", async (_what, answer, expected) => {
  const { code, screen } = await onTerminal(cli, ["setup", "--remote"], { prompt: "Trust token", answer });
  expect(code).toBe(expected);
  expect(screen).not.toContain("not-a-tok");
});

test("an interrupt while the token is awaited on a pipe ends it", async () => {
  const joining = cli.start(["setup", "--remote"], { ...withConfig(""), keepOpen: true });
  await joining.sees("stderr", "from stdin");
  joining.child.kill("SIGINT");
  expect(await joining.result).toMatchObject({ code: 130 });
});

test.each(["https://a b", "ftp://a:1", "a:1/path"])("--address %s is no address", async (address) => {
  const token = await incus("config", "trust", "add", "lost");
  expect(await cli.run(["setup", "--remote", "--address", address], withConfig(token))).toMatchObject({
    code: 10,
  });
});

test("a folder that cannot be written to is no internal error", async () => {
  await writeFile(join(folder, "pixels"), "a file");
  const token = await incus("config", "trust", "add", "blocked");
  const { code, stderr } = await cli.run(
    ["setup", "--remote", "--config", join(folder, "pixels/x.toml")],
    withConfig(token),
  );
  expect(code).not.toBe(1);
  expect(stderr).not.toContain("unexpected");
});

test("a configuration that is there stays, and is told what to add", async () => {
  const path = join(folder, "pixels/config.toml");
  await mkdir(join(folder, "pixels"));
  await writeFile(path, '[defaults]\nimage = "debian/12"\n');
  const token = await incus("config", "trust", "add", "kept");
  const { stdout } = await cli.mustRun(["setup", "--remote"], withConfig(token));
  expect(stdout).toContain(`Put this into ${path}:\n\n[incus]\nremote = "${daemon.options.remote}"\n`);
  expect(await readFile(path, "utf8")).toBe('[defaults]\nimage = "debian/12"\n');
  await writeFile(path, stdout.slice(stdout.indexOf("[incus]")));
  expect(await list()).toMatchObject({ code: 0 });
});

test("--address is another way to the same server", async () => {
  await using proxy = await openTcpProxy(daemon);
  const output = await incus("config", "trust", "add", "elsewhere");
  const token = tamper(output, { addresses: ["127.0.0.1:1"] });
  expect(await cli.run(["setup", "--remote"], withConfig(token))).toMatchObject({ code: 27 });
  const { stdout } = await cli.mustRun(
    ["setup", "--remote", "--json", "--address", `https://${proxy.address}`],
    withConfig(token),
  );
  expect(JSON.parse(stdout)).toMatchObject({ remote: `https://${proxy.address}`, config_written: true });
  expect(await list()).toMatchObject({ code: 0 });
});

test("a server with another certificate than the token's is sent nothing", async () => {
  const output = await incus("config", "trust", "add", "deceived");
  const clients = await countClients();
  const token = tamper(output, { fingerprint: "0".repeat(64) });
  expect(await cli.run(["setup", "--remote"], withConfig(token))).toMatchObject({
    code: 28,
    stderr: expect.stringContaining("nothing was sent") as string,
  });
  expect(await readdir(folder)).toEqual([]);
  expect(await countClients()).toBe(clients);
  // it was not used up
  await cli.mustRun(["setup", "--remote"], withConfig(output));
});

test.each(["", "garbage", Buffer.from("{}").toString("base64")])("%j is no token", async (token) => {
  expect(await cli.run(["setup", "--remote"], withConfig(token))).toMatchObject({ code: 10 });
  expect(await readdir(folder)).toEqual([]);
});

test.each([[["--address", "a:1"]], [["--remote", "--dry-run"]]])("setup %j is refused", async (args) => {
  expect(await cli.run(["setup", ...args], withConfig(""))).toMatchObject({ code: 2 });
});
