import { createSandboxClient, type OwnedSandbox, shell } from "@pixels/core";
import { poll } from "@pixels/core/backend";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../src/index.ts";

// none waits, so that a cgroup belongs to a command
const backend = incusBackend({ socket: inject("incusSocket"), spareLaunchers: 0 });
const client = createSandboxClient({ backend });
let sandbox: OwnedSandbox;

/** The cgroups of ours in the sandbox, less the one of the command that looks. */
async function listCgroups(): Promise<string[]> {
  const { stdout } = await sandbox.exec(
    shell(
      "own=$(sed -n 's|.*:name=systemd:/||p;s|^0::/||p' /proc/self/cgroup | grep px | head -1); cd /sys/fs/cgroup; [ -d systemd ] && cd systemd; ls -d px.* | grep -vx \"$own\"",
    ),
  );
  return stdout.split("\n").filter((name) => name !== "");
}

async function isRunning(seconds: string): Promise<boolean> {
  const { stdout } = await sandbox.exec(
    shell(
      `for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -x 'sleep ${seconds} '; done; true`,
    ),
  );
  return stdout !== "";
}

beforeAll(async () => {
  sandbox = await client.create({ name: "launcher", source: { kind: "image", image: "debian/12" } });
  await sandbox.exec(["useradd", "--create-home", "--shell", "/bin/bash", "--groups", "users", "pixel"]);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

describe("the launcher in a real sandbox", () => {
  test("removes a command's cgroup when the command has ended", async () => {
    await sandbox.exec(["true"]);
    const left = await poll(
      async () => {
        const cgroups = await listCgroups();
        return cgroups.filter((name) => name !== "px.left").length === 0 ? cgroups : undefined;
      },
      { what: "the cgroup to go", timeoutMs: 5000, intervalMs: 50 },
    );
    expect(left).toEqual(left.filter((name) => name === "px.left"));
  });

  test("lets what a command left in the background live on when it ended by itself", async () => {
    await sandbox.exec(shell("sleep 7131 >/dev/null 2>&1 &"));
    expect(await isRunning("7131")).toBe(true);
    await sandbox.exec(["pkill", "-f", "sleep 7131"]);
  });

  test("kills all of a command whose connection is cut", async () => {
    const channel = await backend.exec.open(
      sandbox.name,
      { id: "cut", command: shell("setsid sleep 7132 & sleep 7132"), env: {}, account: "root" },
      {},
    );
    await poll(async () => ((await isRunning("7132")) ? true : undefined), {
      what: "the command to run",
      timeoutMs: 5000,
      intervalMs: 50,
    });
    await channel[Symbol.asyncDispose]();
    await expect.poll(() => isRunning("7132"), { timeout: 5000 }).toBe(false);
  });

  test("takes the account with its groups, and none of root's capabilities", async () => {
    await using process = await openAs(
      "pixel",
      shell("id -un; id -Gn; grep CapEff /proc/self/status; pwd; echo $HOME $SHELL"),
    );
    expect(await read(process)).toBe(
      "pixel\npixel users\nCapEff:\t0000000000000000\n/home/pixel\n/home/pixel /bin/bash\n",
    );
  });

  test("reads /etc/environment as a login does, and the caller's variables over it", async () => {
    await sandbox.exec(
      shell(
        `printf '%s\\n' '# no' 'A=1' 'B="two words"' "C='q'" 'export D=$HOME' 'BAD-NAME=x' 'E=last' >/etc/environment`,
      ),
    );
    const { stdout } = await sandbox.exec(shell('echo "$A|$B|$C|$D|$E"'), { env: { E: "mine" } });
    await sandbox.exec(["truncate", "--size", "0", "/etc/environment"]);
    expect(stdout).toBe("1|two words|q|$HOME|mine\n");
  });
});

async function openAs(account: string, command: ReturnType<typeof shell>) {
  return await backend.exec.open(sandbox.name, { id: `as-${account}`, command, env: {}, account }, {});
}

async function read(channel: Awaited<ReturnType<typeof openAs>>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { data } of channel.output) parts.push(data);
  return Buffer.concat(parts).toString();
}
