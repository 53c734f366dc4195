import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readProvisioning } from "../src/index.ts";
import { formatOpensshKey } from "../src/openssh-key.ts";
import { createFor, openClient, readStates, run, runAs } from "./support/sandboxes.ts";

function newKey(comment: string): string {
  return formatOpensshKey(generateKeyPairSync("ed25519").privateKey, { comment }).publicFile;
}

describe("a clone", () => {
  test("has this call's keys and variables, and is not provisioned again", async () => {
    const [first, second, third] = ["first", "second", "third"].map(newKey) as [string, string, string];
    const source = await createFor(
      openClient({ authorizedKeys: [first], env: { BOTH: "old", OLD: "old" } }),
      "clones-source",
    );
    await run(
      source,
      `rm /etc/sudoers.d/pixels; echo '${third.trim()}' >>/home/pixel/.ssh/authorized_keys; echo kept >/home/pixel/file; sync`,
    );
    const client = openClient({ authorizedKeys: [second], env: { BOTH: "new", NEW: "new" } });
    for (const from of [
      { kind: "sandbox", sandbox: source.name },
      { kind: "snapshot", sandbox: source.name, snapshot: (await source.snapshots.create("kept")).name },
    ] as const) {
      const clone = await createFor(client, `clones-of-${from.kind}`, {
        source: from,
        env: { THIS: "call" },
      });
      expect((await clone.info()).account).toBe("pixel");
      expect(await runAs(clone, "id -un; cat file; echo $BOTH $OLD $NEW $THIS")).toBe(
        "pixel\nkept\nnew old new call\n",
      );
      expect(await run(clone, "grep -hv '^#' /home/pixel/.ssh/authorized_keys")).toBe(third + second);
      expect(await run(clone, "grep -hv '^#' /root/.ssh/authorized_keys")).toBe(second);
      expect(await run(clone, "stat -c '%a %U:%G' /home/pixel/.ssh/authorized_keys")).toBe(
        "600 pixel:pixel\n",
      );
      expect(await run(clone, "ls -A /etc/sudoers.d")).toBe("README\n");
      expect(await readStates(clone)).toMatchObject({ identity: "done", account: "done", keys: "done" });
    }
    expect(await runAs(source, "echo $BOTH $OLD $NEW")).toBe("old old\n");
  });

  test("into which nothing is to be written has an identity of its own and nothing else", async () => {
    const key = newKey("first");
    const source = await createFor(openClient({ authorizedKeys: [key], env: { A: "old" } }), "clones-as-is");
    const client = openClient({ authorizedKeys: [newKey("second")], env: { A: "new" } });
    const from = { kind: "sandbox", sandbox: source.name } as const;
    const clone = await createFor(client, "clones-as-is-2", { source: from, provision: false });
    expect(await runAs(clone, "echo $A; hostname")).toBe("old\npx-clones-as-is-2\n");
    expect(await run(clone, "grep -v '^#' /root/.ssh/authorized_keys")).toBe(key);
  });

  test("of a sandbox that was never provisioned runs commands as its source does", async () => {
    const client = openClient({ authorizedKeys: [newKey("any")], env: { A: "b" } });
    const source = await createFor(client, "clones-bare", { provision: false });
    const from = { kind: "sandbox", sandbox: source.name } as const;
    const clone = await createFor(client, "clones-bare-2", { source: from });
    expect((await clone.info()).account).toBe("root");
    expect(await runAs(clone, "echo $A")).toBe("b\n");
    const keys = (await readProvisioning(clone))?.steps.find(({ id }) => id === "keys");
    expect(keys).toMatchObject({ state: "done", detail: "for root alone: there is no user pixel" });
  });

  test("of a hostile sandbox is made, and nothing of root's is written where an account has a say", async () => {
    const client = openClient({ authorizedKeys: [newKey("any")], env: { A: "b" } });
    const source = await createFor(client, "clones-hostile");
    await run(
      source,
      `rm -r /home/pixel/.ssh; mkdir /root/keys; ln -s /root/keys /home/pixel/.ssh
       rm /etc/environment /etc/hosts; mkfifo /etc/environment; ln -s loop /etc/hosts; ln -s hosts /etc/loop
       truncate -s 1G /etc/profile.d/pixels.sh
       head -c 100000 /dev/urandom >/var/lib/pixels/provision/record
       sync`,
    );
    const from = { kind: "sandbox", sandbox: source.name } as const;
    const clone = await createFor(client, "clones-hostile-2", { source: from });
    expect(await readStates(clone)).toMatchObject({
      identity: "done",
      environment: "failed",
      profile: "failed",
      keys: "done",
    });
    expect((await clone.files.list("/root/keys")).length).toBe(0);
    expect((await clone.files.stat("/home/pixel/.ssh")).kind).toBe("directory");
  });
});
