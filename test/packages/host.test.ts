import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type NestedHost, type NestedHosts, startNestedHosts } from "./support/nested-host.ts";
import { consumerEnv, install, pack, run } from "./support/packed.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let prefix: string;
let hosts: NestedHosts;

beforeAll(async () => {
  prefix = await mkdtemp(join(tmpdir(), "pixels-prefix-"));
  await install(prefix, [await pack("apps/cli", prefix)], ["--global"]);
  hosts = await startNestedHosts(prefix);
});

afterAll(async () => {
  await hosts[Symbol.asyncDispose]();
  await rm(prefix, { recursive: true });
});

const READY = /^Incus \S+ runs here and has what sandboxes need\.$/m;

async function expectSandboxToRun(host: NestedHost): Promise<void> {
  await host.sh(
    "incus image show debian/12 >/dev/null 2>&1 || incus image import /opt/metadata.tar /opt/rootfs.squashfs --alias debian/12",
  );
  await host.sh("pixels create dev --image debian/12 --no-provision");
  expect(await host.sh("pixels exec dev -- echo it runs")).toBe("it runs\n");
  await host.sh("pixels destroy dev --force");
}

interface Finding {
  readonly id: string;
  readonly status: string;
  readonly mend: string | null;
}

async function find(host: NestedHost, id: string): Promise<Finding | undefined> {
  const { output } = await host.try("pixels doctor --json");
  return (JSON.parse(output) as { readonly findings: readonly Finding[] }).findings.find(
    (finding) => finding.id === id,
  );
}

/** What is said of setup in a sentence, without a terminal to agree on. */
function toCommand(mend: string): string {
  return mend.includes("pixels setup") ? "pixels setup --yes" : mend;
}

/** All of the daemon's settings that setup could touch. */
const showSettings =
  'for pool in $(incus storage list --format csv | cut -d, -f1); do incus storage show "$pool"; done; ' +
  "incus network list --format csv; incus profile show default; incus config show; cat /etc/subuid /etc/subgid /etc/group; ls /etc/apt/sources.list.d";

describe("on a machine with systemd and nothing else", () => {
  let host: NestedHost;
  beforeAll(async () => {
    host = await hosts.start("bare");
  });

  test("--dry-run prints a script and changes nothing", async () => {
    const script = await host.sh("pixels setup --dry-run");
    expect(script).toMatch(/^# 1\. /);
    expect(script).toContain("apt-get install --yes --no-install-recommends");
    expect(await host.try("command -v incus")).toMatchObject({ code: 1 });
    expect(await host.sh("pixels setup --dry-run")).toBe(script);
  });

  test("without a terminal it asks for --yes", async () => {
    const { code, output } = await host.try("pixels setup </dev/null");
    expect({ code, output }).toEqual({ code: 10, output: expect.stringContaining("--yes") as string });
    expect(await host.try("command -v incus")).toMatchObject({ code: 1 });
  });

  test("it ends with a sandbox that runs", async () => {
    expect(await host.sh("pixels setup --yes")).toMatch(READY);
    await expectSandboxToRun(host);
  });

  test("a second run changes nothing", async () => {
    const before = await host.sh(showSettings);
    expect(await host.sh("pixels setup --yes")).toMatch(READY);
    expect(await host.sh("pixels setup --dry-run")).toMatch(READY);
    expect(await host.sh(showSettings)).toBe(before);
  });

  test.each([
    ["has stopped", "systemctl disable --now incus.socket incus-startup.service incus.service"],
    [
      "has neither pool nor bridge",
      "incus image delete debian/12; incus profile device remove default root; incus profile device remove default eth0; " +
        "incus network delete incusbr0; incus storage delete default",
    ],
    [
      "has neither, and its client is set to another server",
      "incus image delete debian/12; incus profile device remove default root; incus profile device remove default eth0; " +
        "incus network delete incusbr0; incus storage delete default; incus remote switch images",
    ],
  ])("where Incus %s, it does what is missing", async (_what, spoil) => {
    await host.sh(spoil);
    expect(await host.sh("pixels setup --yes")).toMatch(READY);
    await host.sh("incus remote switch local");
    await expectSandboxToRun(host);
  });

  test("a pool and a bridge that are there under other names are used", async () => {
    await host.sh(
      "incus image delete debian/12; incus profile device remove default root; incus profile device remove default eth0; " +
        "incus network delete incusbr0; incus storage delete default; incus storage create tank dir </dev/null; " +
        "incus network create br7 ipv4.address=10.99.7.1/24 ipv4.nat=true ipv6.address=none </dev/null",
    );
    expect(await host.sh("INCUS_PROJECT=elsewhere pixels setup --yes")).toMatch(READY);
    expect(await host.sh("incus storage list --format csv | cut -d, -f1")).toBe("tank\n");
    expect(await host.sh("incus network list --format csv | grep ,bridge,YES, | cut -d, -f1")).toBe("br7\n");
    await expectSandboxToRun(host);
  });

  describe("doctor", () => {
    test("finds nothing that keeps sandboxes from working", async () => {
      const { code, output } = await host.try("pixels doctor");
      expect(output).not.toMatch(/^(problem|unknown)/m);
      expect(code).toBe(0);
    });

    test.each<[Finding["id"], Finding["status"], string]>([
      ["server", "problem", "systemctl stop incus.socket incus.service"],
      ["pool", "problem", "incus profile device remove default root"],
      [
        "network",
        "problem",
        "incus profile device remove default eth0; incus network delete $(incus network list --format csv | grep ,bridge,YES, | cut -d, -f1)",
      ],
      ["network", "problem", "incus network set incusbr0 ipv4.address=none"],
      ["network", "warning", "incus network set incusbr0 ipv4.nat=false"],
      ["service", "warning", "systemctl disable incus.socket"],
      ["ids", "problem", "sed -i '/^root:/d' /etc/subuid; echo root:1000000:1000000000 >>/etc/subuid"],
      ["ids", "problem", "sed -i '/^root:/d' /etc/subgid"],
      [
        "forwarding",
        "problem",
        "nft add table ip closed; nft add chain ip closed FORWARD '{ type filter hook forward priority 0; policy drop; }'",
      ],
    ])("finds %s to be a %s after %j, and what it says mends it", async (id, status, spoil) => {
      await host.sh(spoil);
      const finding = await find(host, id);
      expect(finding).toMatchObject({ id, status });
      expect((await host.try("pixels doctor")).code === 0).toBe(status === "warning");
      await host.sh(toCommand(finding?.mend ?? "false"));
      expect(await find(host, id)).toMatchObject({ id, status: "ok" });
      await expectSandboxToRun(host);
    });

    test("tells whoever may not use Incus so, and what to do", async () => {
      const { code, output } = await host.try("pixels doctor", { user: "ann" });
      expect(code).toBe(28);
      expect(output).toMatch(/^problem +server +no permission to use the Incus socket/);
      expect(output).toMatch(/mend: .*incus-admin/);
    });
  });
});

test("without root it prints commands that work when they are pasted", async () => {
  const host = await hosts.start("pasted");
  const { code, output } = await host.try("pixels setup 2>/tmp/errors", { user: "ann" });
  expect(code).toBe(28);
  expect(output).toContain("usermod --append --groups incus-admin -- 'ann'");
  expect(await host.sh("cat /tmp/errors")).toMatch(/needs root/);
  await host.sh("runuser -u ann pixels setup 2>/dev/null | bash");
  await expectSandboxToRun(host);
  // as the user, whose group counts from the next login on
  const asUser = await host.sh("su - ann -c 'pixels setup --yes && pixels list --json'");
  expect(asUser).toMatch(READY);
  expect(asUser).toContain('{"schema":1,"sandboxes":[]}');
});

test("on a machine without systemd it says so, and changes nothing", async () => {
  const hidden =
    'for folder in /run /var/lib/incus; do [ ! -d "$folder" ] || mount -t tmpfs none "$folder"; done; exec "$@"';
  const setup = run(
    "unshare",
    ["-m", "sh", "-c", hidden, "sh", join(prefix, "bin/pixels"), "setup", "--yes"],
    {
      cwd: prefix,
      env: { ...consumerEnv, HOME: prefix },
    },
  );
  await expect(setup).rejects.toThrow(/no systemd running, so Incus cannot be a service here; /);
});
