import { expectSuccess } from "@pixels/core";
import { createPreparer } from "@pixels/provisioner";
import { waitForBootBare } from "../floor/boot-wait.ts";
import { inCgroup } from "../floor/cgroup-command.ts";
import { execBare } from "../floor/exec.ts";
import { readNetwork, removeBare, toCreateBody } from "../floor/instances.ts";
import type { Row } from "../row.ts";
import { openClient, openSandbox, toInstance } from "../sandbox.ts";

/** The present state of a running sandbox, kept. */
export const checkpointRow: Row = {
  name: "checkpoint",
  title: "a snapshot of a running sandbox through the library",
  against: "bare REST: POST snapshots, and the wait for its operation",
  bounds: { median: 1.3 },
  warmUps: 2,
  async open(stage) {
    const { rest } = stage;
    const target = await openSandbox(stage, "bench-checkpoint");
    const snapshots = `/1.0/instances/${target.instance}/snapshots`;
    let made = 0;
    return {
      async floor() {
        const name = `bare-${made++}`;
        await rest.operate("POST", snapshots, { name, stateful: false });
        return () => rest.operate("DELETE", `${snapshots}/${name}`);
      },
      async subject() {
        const name = `ours-${made++}`;
        await target.sandbox.snapshots.create(name);
        return () => target.sandbox.snapshots.delete(name);
      },
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  },
};

/** A clone with an identity of its own, from a snapshot to its first command's exit code; its removal is not counted. */
export const cloneRow: Row = {
  name: "clone",
  title: "clone a snapshot, give it its own identity, start, boot, first exec",
  against:
    "bare REST: copy of a snapshot, start, boot wait, exec in a cgroup; it keeps its source's identity",
  bounds: { median: 1.25 },
  warmUps: 1,
  async open(stage) {
    const { rest, testbed, signal } = stage;
    const source = await openSandbox(stage, "bench-source");
    await source.sandbox.snapshots.create("base");
    const client = openClient(stage, { prepare: createPreparer() });
    const network = await readNetwork(rest, testbed.bridgeAddress);
    let made = 0;
    return {
      async floor() {
        made++;
        const name = toInstance(`bench-clone-${made}`);
        const { config, devices, profiles } = toCreateBody(network, {
          name,
          image: "",
          address: network.address(made),
        });
        const copied = { type: "copy", source: `${source.instance}/base` };
        await rest.operate("POST", "/1.0/instances", { name, source: copied, config, devices, profiles });
        await rest.operate("PUT", `/1.0/instances/${name}/state`, { action: "start" });
        await waitForBootBare(rest, name);
        const { exitCode } = await execBare(rest, name, inCgroup("first", ["true"]));
        if (exitCode !== 0) throw new Error(`the first command in ${name} ended with ${exitCode}`);
        return () => removeBare(rest, name);
      },
      async subject() {
        made++;
        const sandbox = await client.create(
          {
            name: `bench-clone-${made}`,
            source: { kind: "snapshot", sandbox: source.sandbox.name, snapshot: "base" },
          },
          { signal },
        );
        expectSuccess(await sandbox.exec(["true"], { signal }));
        return () => sandbox.destroy({ signal });
      },
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await source[Symbol.asyncDispose]();
      },
    };
  },
};
