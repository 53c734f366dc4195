import { describe, expect, test } from "vitest";
import { createFor, openClient, readStates, run } from "./support/sandboxes.ts";

const dns = ["192.0.2.53", "2001:db8::53"];
const own = "# written by pixels\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n";

describe("name servers of the configuration", () => {
  test("are asked instead of those of the network, also after the network has come up again", async () => {
    const sandbox = await createFor(openClient({ dns }), "resolver-plain");
    expect(await run(sandbox, "cat /etc/resolv.conf")).toBe(own);
    await run(
      sandbox,
      "ifdown eth0 2>/dev/null; ifup eth0 2>/dev/null; ip -4 -o address show dev eth0 | grep -q inet",
    );
    expect(await run(sandbox, "cat /etc/resolv.conf")).toBe(own);
    await sandbox.stop();
    await sandbox.start();
    expect(await run(sandbox, "cat /etc/resolv.conf")).toBe(own);
    expect(await readStates(sandbox)).toMatchObject({ resolver: "done" });
  });

  test("are a clone's own", async () => {
    const first = await createFor(openClient({ dns: ["192.0.2.1"] }), "resolver-first");
    const source = { kind: "sandbox", sandbox: first.name } as const;
    const second = await createFor(openClient({ dns }), "resolver-second", { source });
    expect(await run(second, "cat /etc/resolv.conf")).toBe(own);
    const third = await createFor(openClient(), "resolver-third", { source });
    expect(await run(third, "cat /etc/resolv.conf")).toBe("# written by pixels\nnameserver 192.0.2.1\n");
  });

  test("are handed to systemd-resolved where that is in charge", async () => {
    const first = await createFor(openClient(), "resolver-systemd");
    await run(
      first,
      `export DEBIAN_FRONTEND=noninteractive
       apt-get update -qq && apt-get install -qq -y systemd-resolved >/dev/null && sync`,
    );
    expect(await run(first, "readlink /etc/resolv.conf")).toContain("systemd/resolve");
    const source = { kind: "sandbox", sandbox: first.name } as const;
    const clone = await createFor(openClient({ dns }), "resolver-systemd-2", { source });
    expect(await run(clone, "readlink /etc/resolv.conf")).toContain("systemd/resolve");
    expect(await run(clone, "resolvectl dns | grep Global; resolvectl domain | grep Global")).toMatch(
      /^Global: 192\.0\.2\.53 2001:db8::53\nGlobal: ~\.\n$/,
    );
  }, 120_000);
});
