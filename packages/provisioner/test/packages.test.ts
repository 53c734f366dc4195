import { createSandboxClient, type OwnedSandbox, type Sandbox } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createPreparer, readProvisioning } from "../src/index.ts";
import { image, readStates, run, runAs } from "./support/sandboxes.ts";

/** As the public images are: none of sudo, sshd and tmux, and in Ubuntu's an account that has the id. */
let bare: OwnedSandbox;
const client = createSandboxClient({
  backend: incusBackend({ socket: inject("incusSocket"), imageServer: "none" }),
});
const prepare = createPreparer({ devtools: false });

beforeAll(async () => {
  bare = await client.create({ name: "packages-bare", source: image });
  await run(
    bare,
    `set -e
     export DEBIAN_FRONTEND=noninteractive SUDO_FORCE_REMOVE=yes
     apt-get purge -q -y --autoremove sudo openssh-server tmux >/dev/null
     rm -rf /etc/ssh /var/lib/apt/lists/*
     useradd -m -u 1000 -s /bin/bash -G adm ubuntu
     touch /home/ubuntu/file
     sync`,
  );
});

afterAll(async () => {
  await bare[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

/** Makes a sandbox as if the bare one were an image, but has something done in it between its boot and its provisioning. */
async function provisionBare(
  name: string,
  parts: { readonly script?: string; readonly during?: (sandbox: Sandbox) => Promise<void> },
): Promise<OwnedSandbox> {
  const sandbox = await client.create({ name, source: { kind: "sandbox", sandbox: bare.name } });
  await sandbox.stop();
  const request = { name, source: image };
  await prepare.identify(sandbox, request, {});
  await sandbox.start();
  if (parts.script !== undefined) await run(sandbox, parts.script);
  await Promise.all([prepare.provision(sandbox, request, {}), parts.during?.(sandbox)]);
  return sandbox;
}

async function readPackages(sandbox: Sandbox) {
  return (await readProvisioning(sandbox))?.steps.find(({ id }) => id === "packages");
}

describe("what the image lacks", () => {
  test("is installed from the distribution, also where another apt is at work, and an account that holds the id makes room", async () => {
    // the locks of apt and dpkg, which are released when it is seen that they are waited for
    const lock = `
      use Fcntl;
      for my $path ("/var/lib/apt/lists/lock", "/var/lib/dpkg/lock-frontend") {
        open(my $file, ">>", $path) or die; push @files, $file;
        my $lock = pack("s s l! l! i x4", F_WRLCK, 0, 0, 0, 0);
        fcntl($file, F_SETLK, $lock) or die;
      }
      open(my $ready, ">", "/run/locked"); close($ready);
      sleep 600;`;
    await using sandbox = await provisionBare("packages-install", {
      script: `setsid perl -e '${lock}' >/dev/null 2>&1 & echo $! >/run/holder
        until [ -e /run/locked ]; do sleep 0.05; done`,
      during: async (running) => {
        const log = "/var/lib/pixels/provision/packages.log";
        await run(running, `until grep -q 'Could not get lock' ${log} 2>/dev/null; do sleep 0.1; done`);
        await run(running, "kill $(cat /run/holder)");
      },
    });
    expect(await readPackages(sandbox)).toMatchObject({
      state: "done",
      detail: "installed: sudo openssh-server tmux",
    });
    expect(Object.values(await readStates(sandbox))).not.toContain("failed");
    expect(await run(sandbox, "su -l pixel -c 'sudo -n id -u'; tmux -V; ls /home; id -un 1000")).toMatch(
      /^0\ntmux .*\npixel\npixel\n$/,
    );
    expect(
      await run(sandbox, "ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | wc -l; systemctl is-enabled ssh"),
    ).toBe("1\nenabled\n");
    await sandbox.stop();
    await sandbox.start();
    expect(await run(sandbox, "ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | wc -l")).toBe("1\n");
  }, 180_000);

  test.each([
    ["without a route", "ip route flush table main", "there is no route to anywhere"],
    [
      "without anybody who knows the mirror's name",
      "ip route flush table main; ip route add blackhole 192.0.2.0/24; ip route add default dev lo; echo nameserver 192.0.2.1 >/etc/resolv.conf",
      "the name of the mirror cannot be resolved",
    ],
    [
      "where the mirror does not answer",
      `ip route add 192.0.2.0/24 dev eth0
       for host in $(apt-get update --print-uris | sed -n "s#^'http[s]*://\\([^/:']*\\).*#\\1#p" | sort -u); do echo 192.0.2.1 $host >>/etc/hosts; done`,
      "the mirror cannot be reached",
    ],
    ["without apt", "mv /usr/bin/apt-get /usr/bin/apt-got", "this distribution has no apt-get"],
  ])("%s is told at once, and what can be done is", async (name, script, why) => {
    const sandbox = await provisionBare(`packages-${name.replaceAll(/\W+/g, "-")}`.slice(0, 40), { script });
    await using _ = sandbox;
    const step = await readPackages(sandbox);
    expect(step).toMatchObject({ state: "failed", detail: expect.stringContaining(why) });
    expect(step?.log).toContain(why);
    expect(await readStates(sandbox)).toMatchObject({ account: "done", sudo: "skipped", sshd: "skipped" });
    expect(await runAs(sandbox, "id -un 1000; echo usable")).toBe("pixel\nusable\n");
  });
});
