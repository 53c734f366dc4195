import type { SandboxInfo } from "@pixels/core";
import { readNetwork, toCreateBody } from "../floor/instances.ts";
import { relayCounting } from "../relay.ts";
import type { Row, Stage } from "../row.ts";
import { openClient, toInstance } from "../sandbox.ts";

const COUNT = 100;
/** At once, so that making them takes seconds. */
const MAKERS = 4;

/** Sandboxes that were made by bare REST and never started: a list shows the same of them. */
export const listRow: Row = {
  name: "list",
  title: `list of ${COUNT} sandboxes`,
  against: "bare GET /1.0/instances?recursion=1, parsed as JSON",
  bounds: { median: 1.5 },
  warmUps: 5,
  async open(stage) {
    const { rest } = stage;
    const names = await makeInstances(stage);
    const client = openClient(stage);
    return {
      async floor() {
        const { metadata } = await rest.request<readonly unknown[]>("GET", "/1.0/instances?recursion=1");
        if (metadata.length !== COUNT) throw new Error(`the floor listed ${metadata.length} instances`);
        return undefined;
      },
      async subject() {
        const infos = await collect(client.list());
        if (infos.length !== COUNT) throw new Error(`the library listed ${infos.length} sandboxes`);
        return undefined;
      },
      check: () => checkOneRequest(stage),
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await forEach(names, (name) => rest.operate("DELETE", `/1.0/instances/${name}`));
      },
    };
  },
};

/** Over a relay of its own, so that the relay is not measured. */
async function checkOneRequest({ testbed }: Stage): Promise<string> {
  await using relay = await relayCounting(testbed.socketPath);
  await using client = openClient({ testbed: { ...testbed, socketPath: relay.socketPath } });
  const infos = await collect(client.list());
  const requests = relay.count();
  const withAddress = infos.filter(({ addresses }) => addresses.length > 0).length;
  if (requests !== 1) throw new Error(`a list of ${infos.length} took ${requests} requests instead of one`);
  if (withAddress !== COUNT)
    throw new Error(`a list showed addresses of ${withAddress} of ${COUNT} sandboxes`);
  return "one request; every sandbox with its address";
}

async function makeInstances({ rest, image, testbed, signal }: Stage): Promise<readonly string[]> {
  const network = await readNetwork(rest, testbed.bridgeAddress);
  const names = Array.from({ length: COUNT }, (_, index) => toInstance(`bench-list-${index}`));
  await forEach(names, async (name, index) => {
    signal.throwIfAborted();
    await rest.operate(
      "POST",
      "/1.0/instances",
      toCreateBody(network, { name, image, address: network.address(index) }),
    );
  });
  return names;
}

async function forEach(
  names: readonly string[],
  act: (name: string, index: number) => Promise<void>,
): Promise<void> {
  const entries = names.entries();
  await Promise.all(
    Array.from({ length: MAKERS }, async () => {
      for (const [index, name] of entries) await act(name, index);
    }),
  );
}

async function collect(infos: AsyncIterable<SandboxInfo>): Promise<readonly SandboxInfo[]> {
  const all: SandboxInfo[] = [];
  for await (const info of infos) all.push(info);
  return all;
}
