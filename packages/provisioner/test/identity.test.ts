import { createSandboxClient, expectSuccess, type OwnedSandbox, type Sandbox, shell } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createPreparer } from "../src/index.ts";

const socket = inject("incusSocket");
const client = createSandboxClient({
  backend: incusBackend({ socket }),
  prepare: createPreparer({ devtools: false }),
});
const api = openIncusApi({ socketPath: socket });
let source: OwnedSandbox;

beforeAll(async () => {
  source = await client.create({ name: "identity", source: { kind: "image", image: "debian/12" } });
  await run(
    source,
    `ssh-keygen -q -t rsa -b 2048 -N "" -f /etc/ssh/ssh_host_rsa_key
     ssh-keygen -q -t ecdsa -N "" -f /etc/ssh/ssh_host_ecdsa_key
     mkdir -p /var/lib/systemd /var/lib/dbus
     systemctl restart ssh
     echo seed >/var/lib/systemd/random-seed
     rm -f /var/lib/dbus/machine-id; cp /etc/machine-id /var/lib/dbus/machine-id
     sync`,
  );
  await source.snapshots.create("base");
});

afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

async function run(sandbox: Sandbox, script: string): Promise<string> {
  return expectSuccess(await sandbox.exec(shell(script), { root: true })).stdout;
}

interface Identity {
  readonly [what: string]: string;
}

async function getIdentity(sandbox: Sandbox): Promise<Identity> {
  const { id, addresses } = await sandbox.info();
  const { instance } = await api.instances.get(`px-${sandbox.name}`);
  const lines = (
    await run(
      sandbox,
      `cat /etc/machine-id /var/lib/dbus/machine-id
       cat /etc/hostname; hostname
       ssh-keyscan 127.0.0.1 2>/dev/null | sort | cut -d " " -f 2-`,
    )
  ).split("\n");
  const [machineId = "", dbusMachineId = "", hostname = "", name = "", ecdsa = "", ed25519 = "", rsa = ""] =
    lines;
  expect(dbusMachineId).toBe(machineId);
  expect(name).toBe(hostname);
  expect(ecdsa).toMatch(/^ecdsa-sha2-nistp256 /);
  expect(ed25519).toMatch(/^ssh-ed25519 /);
  expect(rsa).toMatch(/^ssh-rsa /);
  const mac = instance.config["volatile.eth0.hwaddr"] ?? "";
  const uuid = instance.config["volatile.uuid"] ?? "";
  return { id, address: addresses.join(), mac, uuid, machineId, hostname, ecdsa, ed25519, rsa };
}

describe("a clone", () => {
  test("has the host name, hosts entry and host keys of its own from its first start on", async () => {
    await using clone = await client.create({
      name: "identity-one",
      source: { kind: "snapshot", sandbox: source.name, snapshot: "base" },
    });
    expect(await run(clone, "hostname; cat /etc/hostname")).toBe("px-identity-one\npx-identity-one\n");
    expect(await run(clone, "grep px- /etc/hosts")).toBe("127.0.1.1 px-identity-one\n");
    expect(await run(clone, "stat -c '%n %a %U:%G' /etc/ssh/ssh_host_* /etc/machine-id")).toBe(
      ["ecdsa", "ed25519", "rsa"]
        .map((kind) => {
          const path = `/etc/ssh/ssh_host_${kind}_key`;
          return `${path} 600 root:root\n${path}.pub 644 root:root\n`;
        })
        .join("")
        .concat("/etc/machine-id 444 root:root\n"),
    );
    expect(await run(clone, "/usr/sbin/sshd -t; systemctl is-active ssh")).toBe("active\n");
    expect(await run(clone, "cat /var/lib/systemd/random-seed 2>/dev/null || echo none")).toBe("none\n");
    expect(await run(clone, "grep -rl px-identity$ /etc/hostname /etc/hosts || echo none")).toBe("none\n");
  });

  test("of a sandbox that was never started, or has no sshd, is made all the same", async () => {
    await using bare = await client.create({
      name: "identity-bare",
      source: { kind: "image", image: "debian/12" },
    });
    await run(bare, "rm -r /etc/ssh /var/lib/dbus/machine-id 2>/dev/null; rm /etc/hosts; sync");
    await using clone = await client.create({
      name: "identity-bare-2",
      source: { kind: "sandbox", sandbox: bare.name },
    });
    expect(await run(clone, "hostname; ls -d /etc/ssh 2>/dev/null || echo none")).toBe(
      "px-identity-bare-2\nnone\n",
    );
  });

  test("writes nothing through symlinks that its source has laid", async () => {
    await using hostile = await client.create({
      name: "identity-links",
      source: { kind: "image", image: "debian/12" },
    });
    await run(
      hostile,
      `echo precious >/root/precious
       ln -sf /root/precious /etc/machine-id; ln -sf /root/precious /etc/hostname; sync`,
    );
    await using clone = await client.create({
      name: "identity-links-2",
      source: { kind: "sandbox", sandbox: hostile.name },
    });
    expect(await run(clone, "cat /root/precious; cat /etc/machine-id | wc -c; hostname")).toBe(
      "precious\n33\npx-identity-links-2\n",
    );
  });
});

describe("twenty clones at once of a source that runs", () => {
  test("share nothing that tells a machine, and the source runs on", async () => {
    await run(source, "setsid sleep 86399 >/dev/null 2>&1 &");
    const clones = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        client.create({
          name: `identity-many-${index}`,
          source: { kind: "sandbox", sandbox: source.name },
        }),
      ),
    );
    const identities = await Promise.all([source, ...clones].map(getIdentity));
    for (const what of Object.keys(identities[0] ?? {})) {
      const values = new Set(identities.map((identity) => identity[what]));
      expect({ what, different: values.size, missing: values.has("") }).toEqual({
        what,
        different: 21,
        missing: false,
      });
    }
    expect(await run(source, "pgrep -fx 'sleep 86399' | wc -l")).toBe("1\n");
    await Promise.all(clones.map((clone) => clone.destroy()));
  }, 180_000);
});
