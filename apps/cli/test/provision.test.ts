import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { poll } from "@pixels/core/backend";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { listInstances } from "./support/server.ts";
import { makeKey, ssh } from "./support/ssh.ts";

const socket = inject("incusSocket");
const cli = useCli({
  PIXELS_INCUS_SOCKET: socket,
  PIXELS_DEFAULT_IMAGE: "debian/12",
  PIXELS_PROVISION_ENABLED: "true",
  PIXELS_PROVISION_DEVTOOLS: "false",
});
const api = openIncusApi({ socketPath: socket });

interface Step {
  readonly id: string;
  readonly state: string;
  readonly detail: string | null;
  readonly log: string | null;
}

interface Document {
  readonly account?: string;
  readonly provisioning: { readonly state: string; readonly steps: readonly Step[] } | null;
}

/** A name that the end of the test takes away again. */
function claim(name: string): string {
  onTestFinished(async () => void (await cli.run(["destroy", "--force", name])));
  return name;
}

async function readStatus(name: string): Promise<Document> {
  return JSON.parse((await cli.mustRun(["status", name, "--json"])).stdout) as Document;
}

function stateOf({ provisioning }: Document, id: string): string | undefined {
  return provisioning?.steps.find((step) => step.id === id)?.state;
}

afterAll(() => api[Symbol.asyncDispose]());

describe("a new sandbox", () => {
  const name = "cli-provision";
  const secret = "value-that-nobody-else-sees-1";
  let key: string;
  let created: string;

  beforeAll(async () => {
    key = await makeKey(join(cli.home, "key"));
    const { stdout } = await cli.mustRun(
      ["create", name, "--env", "PLAIN=a b", "--env", "HOSTS", "--env", "MISSING"],
      {
        env: { PIXELS_SSH_KEY: key, PIXELS_ENV_CONFIGURED: secret, HOSTS: "from the host" },
      },
    );
    created = stdout;
  });
  afterAll(async () => void (await cli.run(["destroy", "--force", name])));

  test("takes logins with the user's key, by the user pixel and by root", async () => {
    expect(created).toContain(`${name} is ready`);
    const { stdout: block } = await cli.mustRun(["ssh-config", name], { env: { PIXELS_SSH_KEY: key } });
    expect(block).toContain("\n  User pixel\n");
    const script = 'id -un; sudo -n id -un; hostname; echo "$PLAIN|$HOSTS|$CONFIGURED|${MISSING-none}"';
    const environment = `a b|from the host|${secret}|none\n`;
    expect(await ssh(cli, block, [`px-${name}`, script])).toEqual({
      code: 0,
      stdout: `pixel\nroot\npx-${name}\n${environment}`,
      stderr: "",
    });
    expect(await ssh(cli, block, ["-l", "root", `px-${name}`, "id -un"])).toMatchObject({ stdout: "root\n" });
    const login = `bash -lc 'echo "$PLAIN|$HOSTS|$CONFIGURED|\${MISSING-none}"; echo $PATH; command -v detach'`;
    expect((await ssh(cli, block, [`px-${name}`, login])).stdout).toMatch(
      new RegExp(
        `^${environment.replaceAll("|", String.raw`\|`)}\\S*/home/pixel/.local/bin:.*\n/usr/local/bin/detach\n$`,
      ),
    );
    const other = await makeKey(join(cli.home, "other"));
    expect(await ssh(cli, block.replace(key, other), [`px-${name}`, "true"])).toMatchObject({
      code: 255,
      stderr: expect.stringContaining("Permission denied"),
    });
  });

  test("runs commands as the user pixel, with the same variables", async () => {
    const script = 'id -un; pwd; echo "$PLAIN|$HOSTS|$CONFIGURED"';
    expect((await cli.mustRun(["exec", name, "--", "sh", "-c", script])).stdout).toBe(
      `pixel\n/home/pixel\na b|from the host|${secret}\n`,
    );
    expect((await cli.mustRun(["exec", "--root", name, "--", "id", "-un"])).stdout).toBe("root\n");
  });

  test("has its steps in status, with what is running and what is not, and no variable's value", async () => {
    const document = await readStatus(name);
    expect(document).toMatchObject({ account: "pixel", provisioning: { state: "done" } });
    expect(stateOf(document, "account")).toBe("done");
    expect(stateOf(document, "resolver")).toBe("skipped");
    const text = await cli.run(["status", name]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    expect(text.stdout).toMatch(/^account +pixel$/m);
    expect(text.stdout).toMatch(/^provisioning +done$/m);
    expect(text.stdout).toMatch(/^user pixel +done +-$/m);
    expect(text.stdout).toMatch(/^name servers +skipped +none are configured$/m);
    expect(JSON.stringify(document) + text.stdout).not.toContain(secret);
    await cli.mustRun(["stop", name]);
    expect((await readStatus(name)).provisioning).toEqual(document.provisioning);
    await cli.mustRun(["start", name]);
  });

  test("hands a clone this call's keys and variables", async () => {
    const clone = claim("cli-provision-clone");
    const second = await makeKey(join(cli.home, "second"));
    const env = { PIXELS_SSH_KEY: second, PIXELS_ENV_CONFIGURED: "anew" };
    const { stdout } = await cli.mustRun(["create", clone, "--from", name, "--env", "PLAIN=c", "--json"], {
      env,
    });
    expect(stateOf(JSON.parse(stdout) as Document, "keys")).toBe("done");
    const { stdout: block } = await cli.mustRun(["ssh-config", clone], { env });
    expect(await ssh(cli, block, [`px-${clone}`, 'echo "$PLAIN|$HOSTS|$CONFIGURED"'])).toMatchObject({
      code: 0,
      stdout: "c|from the host|anew\n",
    });
    expect(await ssh(cli, block.replace(second, key), [`px-${clone}`, "true"])).toMatchObject({ code: 255 });
  });
});

test("no value of a variable shows in the host's processes, the server's operations or what is printed", async () => {
  const name = claim("cli-provision-secret");
  const secrets = {
    forwarded: "forwarded-7f3a91",
    configured: "configured-7f3a91",
    written: "written-7f3a91",
  };
  const config = join(cli.home, "secret.toml");
  await writeFile(config, `[env]\nWRITTEN = "${secrets.written}"\n`, { mode: 0o600 });
  const args = ["create", name, "--json", "--config", config, "--env", "FORWARDED"];
  const env = { FORWARDED: secrets.forwarded, PIXELS_ENV_CONFIGURED: secrets.configured };
  const running = { over: false };
  const result = cli.run(args, { env }).finally(() => (running.over = true));
  const seen = new Set<string>();
  let scans = 0;
  while (!running.over) {
    for (const line of await readCommandLines()) seen.add(line);
    const { envelope } = await api.transport.request("GET", "/1.0/operations?recursion=1", {});
    seen.add(JSON.stringify(envelope));
    scans++;
  }
  const { code, stdout, stderr } = await result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(scans).toBeGreaterThan(5);
  expect([...seen].join("\n")).toContain(`create\0${name}`);
  const instance = JSON.stringify((await api.instances.get(`px-${name}`)).instance);
  const told = await cli.mustRun(["status", "-v", name]);
  for (const secret of Object.values(secrets))
    for (const text of [...seen, stdout, instance, told.stdout, told.stderr])
      expect(text).not.toContain(secret);
  const { stdout: inside } = await cli.mustRun([
    "exec",
    name,
    "--",
    "sh",
    "-c",
    "echo $FORWARDED $CONFIGURED $WRITTEN",
  ]);
  expect(inside).toBe(`${secrets.forwarded} ${secrets.configured} ${secrets.written}\n`);
});

async function readCommandLines(): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
}

describe("without provisioning", () => {
  test.each([
    ["--no-provision", ["--no-provision"], {}],
    ["the setting", [], { PIXELS_PROVISION_ENABLED: "false" }],
  ])("by %s, a sandbox is its image, and status says that commands run as root", async (_by, flags, env) => {
    const name = claim("cli-provision-not");
    const options = { env: { ...env, PIXELS_ENV_A: "b", PIXELS_PROVISION_CA_CERTIFICATES: "/nonexistent" } };
    const { stdout } = await cli.mustRun(["create", name, "--json", ...flags], options);
    expect((JSON.parse(stdout) as Document).provisioning).toBeNull();
    expect((await cli.mustRun(["exec", name, "--", "sh", "-c", "id -un; pwd; echo ${A-none}"])).stdout).toBe(
      "root\n/root\nnone\n",
    );
    expect(await readStatus(name)).toMatchObject({ account: "root", provisioning: null });
    const { stdout: text } = await cli.mustRun(["status", name]);
    expect(text).toMatch(/^account +root, in \/root: no pixel user was made$/m);
    expect(text).toMatch(/^provisioning +none$/m);
  });

  test("a variable is refused", async () => {
    for (const [flags, env] of [
      [["--no-provision"], {}],
      [[], { PIXELS_PROVISION_ENABLED: "false" }],
    ] as const)
      expect(await cli.run(["create", "cli-provision-env", "--env", "A=b", ...flags], { env })).toMatchObject(
        {
          code: 10,
          stdout: "",
          stderr: expect.stringContaining("--env"),
        },
      );
  });
});

describe("what the configuration names and is not there", () => {
  test("is no error for the public key, and status says which file", async () => {
    const name = claim("cli-provision-keyless");
    const missing = join(cli.home, "missing");
    const { stdout } = await cli.mustRun(["create", name, "--json"], { env: { PIXELS_SSH_KEY: missing } });
    const step = (JSON.parse(stdout) as Document).provisioning?.steps.find(({ id }) => id === "keys");
    expect(step).toMatchObject({ state: "skipped", detail: `there is no ${missing}.pub` });
  });

  test.each([
    [
      "a CA file that is missing",
      { PIXELS_PROVISION_CA_CERTIFICATES: "/nonexistent/ca.pem" },
      "/nonexistent/ca.pem",
    ],
    ["a CA file that is none", { PIXELS_PROVISION_CA_CERTIFICATES: "/etc/hostname" }, "/etc/hostname"],
  ])("is an error for %s, before anything is made", async (_what, env, named) => {
    const { code, stderr } = await cli.run(["create", "cli-provision-bad"], { env });
    expect(code).toBe(11);
    expect(stderr).toContain(named);
    expect(await listInstances(socket)).not.toContain("px-cli-provision-bad");
  });

  test("is an error for a public key that is none", async () => {
    const path = join(cli.home, "bad");
    await writeFile(`${path}.pub`, "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n");
    const { code, stderr } = await cli.run(["create", "cli-provision-bad"], {
      env: { PIXELS_SSH_KEY: path },
    });
    expect({ code, secret: stderr.includes("secret") }).toEqual({ code: 11, secret: false });
    expect(stderr).toContain(`${path}.pub`);
  });

  test.each(["A=b#secret", "HOME=secret", "px_x=secret", "A-B=secret", "A=secret\nx"])(
    "is an error for %j, without the value",
    async (variable) => {
      const { code, stderr } = await cli.run(["create", "cli-provision-bad", "--env", variable]);
      expect(code).toBe(10);
      expect(stderr).not.toContain("secret");
    },
  );
});

describe("from an image in which not all can be done", () => {
  /** Its useradd does what MODE says. */
  const image = "test/hostile";
  const useradd = `#!/bin/sh
case $MODE in
hang) echo >/run/hangs; exec sleep 61731 ;;
*) printf 'it \\033[31mcannot\\033[0m\\007 be: %s\\n' "$MODE" >&2; exit 9 ;;
esac
`;

  beforeAll(async () => {
    const name = "cli-provision-image";
    await cli.mustRun(["create", name, "--no-provision"]);
    await cli.mustRun(["exec", name, "--", "sh", "-c", "cat >/usr/sbin/useradd; sync"], { stdin: useradd });
    await cli.mustRun(["stop", name]);
    const body = { source: { type: "instance", name: `px-${name}` }, compression_algorithm: "none" };
    const response = await api.transport.request("POST", "/1.0/images", { body });
    const operation = await api.operations.finish(response);
    const target = String(operation?.metadata?.["fingerprint"]);
    await api.images.createAlias({ name: image, target });
    await cli.mustRun(["destroy", "--force", name]);
    return () => api.images.remove(target);
  });

  test("a step that fails is a warning, and status has its log without what would do something to a terminal", async () => {
    const name = claim("cli-provision-fails");
    const env = { PIXELS_DEFAULT_IMAGE: image, PIXELS_ENV_MODE: "fail-with-secret" };
    const { code, stdout, stderr } = await cli.run(["create", name], { env });
    expect(code).toBe(0);
    expect(stdout).toContain(`${name} is ready`);
    expect(stderr).toMatch(/^pixels: warning: provisioning: user pixel: it .*cannot/m);
    expect(stderr).toContain(`pixels status ${name}`);
    expect((await cli.mustRun(["exec", name, "--", "id", "-un"])).stdout).toBe("root\n");
    const document = await readStatus(name);
    expect(document).toMatchObject({ account: "root", provisioning: { state: "failed" } });
    expect(stateOf(document, "sudo")).toBe("skipped");
    expect(document.provisioning?.steps.find(({ id }) => id === "account")?.log).toContain("cannot");
    const text = (await cli.mustRun(["status", name])).stdout;
    expect(text).toMatch(/^log of user pixel:\n {2}it .*cannot/m);
    expect(text + stderr).not.toMatch(/[^\P{Cc}\n]/u);
    const json = await cli.run(["create", claim("cli-provision-fails-2"), "--json"], { env });
    expect(json).toMatchObject({ code: 0, stderr: "" });
    expect(stateOf(JSON.parse(json.stdout) as Document, "account")).toBe("failed");
  });

  test("Ctrl-C in the midst takes it back", async () => {
    const name = claim("cli-provision-interrupted");
    const env = { PIXELS_DEFAULT_IMAGE: image, PIXELS_ENV_MODE: "hang" };
    const { child, result, sees } = cli.start(["create", name], { env });
    await sees("stderr", "provisioning: user pixel");
    await untilHangs(name);
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, stdout: "" });
    expect(await listInstances(socket)).not.toContain(`px-${name}`);
  });

  test("what a kill -9 in the midst leaves is collected by the next command", async () => {
    const name = claim("cli-provision-killed");
    const env = { PIXELS_DEFAULT_IMAGE: image, PIXELS_ENV_MODE: "hang" };
    const { child, result, sees } = cli.start(["create", name], { env });
    await sees("stderr", "provisioning: user pixel");
    await untilHangs(name);
    const status = await cli.mustRun(["status", name, "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      status: "creating",
      provisioning: { state: "running" },
    });
    child.kill("SIGKILL");
    expect(await result).toMatchObject({ signal: "SIGKILL" });
    await poll(
      async () => {
        await cli.mustRun(["list"]);
        return (await listInstances(socket)).includes(`px-${name}`) ? undefined : true;
      },
      { what: "the sandbox to be collected", timeoutMs: 20_000, intervalMs: 100 },
    );
  });
});

/** The sandbox is at the step that does not end. */
async function untilHangs(name: string): Promise<void> {
  await poll(
    async () =>
      (await cli.run(["exec", "--root", name, "--", "test", "-e", "/run/hangs"])).code === 0 || undefined,
    { what: "the step to hang", timeoutMs: 20_000, intervalMs: 50 },
  );
}
