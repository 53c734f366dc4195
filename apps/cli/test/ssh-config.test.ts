import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { makeKey, ssh } from "./support/ssh.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-ssh-config";
const host = `px-${name}`;

beforeAll(async () => {
  await cli.mustRun(["create", name]);
  const key = await makeKey(join(cli.home, "a key"));
  await cli.mustRun(["exec", name, "--", "sh", "-c", "umask 077; mkdir -p .ssh; cat >.ssh/authorized_keys"], {
    stdin: await readFile(`${key}.pub`),
  });
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

const withKey = () => ({ env: { PIXELS_SSH_KEY: join(cli.home, "a key") } });

async function fieldsOf(flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { env: { ...withKey().env, ...env } };
  const { stdout } = await cli.mustRun([...flags, "ssh-config", "--json", name], options);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("ssh with what it prints", () => {
  test("runs a command, with its exit code, checks the host's keys, and changes no file of its own", async () => {
    const { stdout: block } = await cli.mustRun(["ssh-config", name], withKey());
    expect(block).toMatch(new RegExp(`^Host ${host}\n(?:  [A-Z][^\n]+\n)+$`));
    expect(block).toContain("\n  StrictHostKeyChecking yes\n");
    const knownHosts = join(cli.home, ".local/state/pixels/known_hosts.d", name);
    const before = await readFile(knownHosts, "utf8");
    expect(await ssh(cli, block, [host, "hostname; exit 7"])).toEqual({
      code: 7,
      stdout: `${host}\n`,
      stderr: "",
    });
    expect(await readFile(knownHosts, "utf8")).toBe(before);
  });

  test("refuses another key than the sandbox had, until it is called again", async () => {
    const { stdout: block } = await cli.mustRun(["ssh-config", name], withKey());
    await cli.mustRun([
      "exec",
      "--root",
      name,
      "--",
      "sh",
      "-ec",
      "rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; systemctl restart ssh",
    ]);
    const refused = await ssh(cli, block, [host, "true"]);
    expect(refused).toMatchObject({ code: 255, stdout: "" });
    expect(refused.stderr).toContain("Host key verification failed");
    const { stdout: renewed } = await cli.mustRun(["ssh-config", name], withKey());
    expect(await ssh(cli, renewed, [host, "true"])).toMatchObject({ code: 0 });
  });

  test("takes any key with ssh.strict_host_keys = false, and keeps none", async () => {
    const options = {
      env: { ...withKey().env, PIXELS_SSH_STRICT_HOST_KEYS: "false", XDG_STATE_HOME: "/nonexistent" },
    };
    const { stdout: block } = await cli.mustRun(["ssh-config", name], options);
    expect(block).toContain("\n  StrictHostKeyChecking no\n");
    expect(await ssh(cli, block, [host, "exit 3"])).toMatchObject({ code: 3 });
  });

  test("comes in by the configuration that was named", async () => {
    const config = join(cli.home, "50% 'odd'.toml");
    await writeFile(config, `[incus]\nsocket = ${JSON.stringify(inject("incusSocket"))}\n`);
    const elsewhere = { PIXELS_INCUS_SOCKET: "" };
    const { stdout: block } = await cli.mustRun(["--config", config, "ssh-config", name], {
      env: { ...withKey().env, ...elsewhere },
    });
    expect(await ssh(cli, block, [host, "echo in"], elsewhere)).toMatchObject({ code: 0, stdout: "in\n" });
  });
});

test("the block comes in from an environment that says nothing of the server", async () => {
  const { stdout: block } = await cli.mustRun(["ssh-config", name], withKey());
  expect(await ssh(cli, block, [host, "echo in"], { PIXELS_INCUS_SOCKET: "" })).toMatchObject({
    stdout: "in\n",
  });
});

test("a configuration that the environment names goes along", async () => {
  const config = join(cli.home, "named.toml");
  await writeFile(config, `[incus]\nsocket = ${JSON.stringify(inject("incusSocket"))}\n`);
  const fields = await fieldsOf([], { PIXELS_CONFIG: config, PIXELS_INCUS_SOCKET: "" });
  expect(fields["proxy_command"]).toEqual([
    process.execPath,
    cli.bin,
    "--config",
    config,
    "forward",
    "--stdio",
    name,
    "22",
  ]);
});

describe("the fields", () => {
  test("are those of the block", async () => {
    expect(await fieldsOf(["--backend", "incus"])).toEqual({
      schema: 1,
      host,
      user: "root",
      identity_file: join(cli.home, "a key"),
      proxy_command: [
        "env",
        `PIXELS_INCUS_SOCKET=${inject("incusSocket")}`,
        process.execPath,
        cli.bin,
        "--backend",
        "incus",
        "forward",
        "--stdio",
        name,
        "22",
      ],
      host_key_alias: host,
      known_hosts_file: join(cli.home, ".local/state/pixels/known_hosts.d", name),
      strict_host_keys: true,
    });
  });

  test("have no key that is not there", async () => {
    const missing = { PIXELS_SSH_KEY: join(cli.home, "missing") };
    expect(await fieldsOf([], missing)).toMatchObject({ identity_file: null });
  });

  test("have the account of ssh.user where the sandbox has it", async () => {
    await cli.mustRun(["exec", "--root", name, "--", "useradd", "ann"]);
    expect(await fieldsOf([], { PIXELS_SSH_USER: "ann" })).toMatchObject({ user: "ann" });
  });
});

test("the file of known hosts is the user's alone, and holds the keys of this sandbox and nothing else", async () => {
  const state = join(cli.home, "state");
  const evil = "* ssh-ed25519 AAAA\n@cert-authority * ssh-ed25519 BBBB\nssh-ed25519 CCCC\nextra";
  await cli.mustRun(["exec", "--root", name, "--", "sh", "-c", "cat >/etc/ssh/ssh_host_evil_key.pub"], {
    stdin: evil,
  });
  onTestFinished(
    async () => void (await cli.run(["exec", "--root", name, "--", "rm", "/etc/ssh/ssh_host_evil_key.pub"])),
  );
  await cli.mustRun(["ssh-config", name], { env: { XDG_STATE_HOME: state } });
  const folder = join(state, "pixels/known_hosts.d");
  expect(await readdir(folder)).toEqual([name]);
  const { mode } = await stat(join(folder, name));
  expect(mode & 0o777).toBe(0o600);
  const { stdout } = await cli.mustRun([
    "exec",
    name,
    "--",
    "sh",
    "-c",
    "cat /etc/ssh/ssh_host_[!e]*.pub /etc/ssh/ssh_host_e[!v]*.pub",
  ]);
  const expected = stdout
    .trim()
    .split("\n")
    .map((line) => `${host} ${line.split(" ").slice(0, 2).join(" ")}`);
  expect((await readFile(join(folder, name), "utf8")).trim().split("\n").toSorted()).toEqual(
    expected.toSorted(),
  );
});

describe("is refused", () => {
  test("for a sandbox without host keys", async () => {
    const own = "cli-ssh-none";
    await cli.mustRun(["create", own]);
    onTestFinished(async () => void (await cli.run(["destroy", "--force", own])));
    await cli.mustRun(["exec", own, "--", "rm", "-r", "/etc/ssh"]);
    expect(await cli.run(["ssh-config", own])).toMatchObject({
      code: 32,
      stdout: "",
      stderr: expect.stringContaining(`pixels exec --root ${own} -- apt-get install -y openssh-server`),
    });
  });

  test("for a sandbox that is not there", async () => {
    expect(await cli.run(["ssh-config", "cli-ssh-missing"])).toMatchObject({ code: 12, stdout: "" });
  });

  test("where the file of known hosts cannot be written", async () => {
    const state = join(cli.home, "a-file");
    await writeFile(state, "");
    expect(await cli.run(["ssh-config", name], { env: { XDG_STATE_HOME: state } })).toMatchObject({
      code: 33,
      stderr: expect.stringContaining("XDG_STATE_HOME"),
    });
  });
});
