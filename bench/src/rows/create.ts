import { expectSuccess } from "@pixels/core";
import { waitForBootBare } from "../floor/boot-wait.ts";
import { inCgroup } from "../floor/cgroup-command.ts";
import { execBare } from "../floor/exec.ts";
import { readNetwork, removeBare, toCreateBody } from "../floor/instances.ts";
import type { Row } from "../row.ts";
import { openClient, toInstance } from "../sandbox.ts";

/** A sandbox from nothing to its first command's exit code; its removal is not counted. */
export const createRow: Row = {
  name: "create",
  title: "create from an image, start, boot, first exec",
  against: "bare REST: create, start, boot wait, exec in a cgroup",
  bounds: { median: 1.3 },
  warmUps: 1,
  async open(stage) {
    const { rest, image, testbed, signal } = stage;
    const client = openClient(stage);
    const network = await readNetwork(rest, testbed.bridgeAddress);
    let made = 0;
    return {
      async floor() {
        made++;
        const name = toInstance(`bench-${made}`);
        await rest.operate(
          "POST",
          "/1.0/instances",
          toCreateBody(network, { name, image, address: network.address(made) }),
        );
        await rest.operate("PUT", `/1.0/instances/${name}/state`, { action: "start" });
        await waitForBootBare(rest, name);
        const { exitCode } = await execBare(rest, name, inCgroup("first", ["true"]));
        if (exitCode !== 0) throw new Error(`the first command in ${name} ended with ${exitCode}`);
        return () => removeBare(rest, name);
      },
      async subject() {
        made++;
        const source = { kind: "image", image } as const;
        const sandbox = await client.create({ name: `bench-${made}`, source }, { signal });
        expectSuccess(await sandbox.exec(["true"], { signal }));
        return () => sandbox.destroy({ signal });
      },
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  },
};
