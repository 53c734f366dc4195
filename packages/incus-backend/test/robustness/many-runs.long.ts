import { createSandboxClient, type OwnedSandbox } from "@pixels/core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { waitUntilEmpty } from "./support/inside.ts";
import { runProgram } from "./support/run-program.ts";

const MIB = 2 ** 20;
const socket = inject("incusSocket");
const client = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
let sandbox: OwnedSandbox;

beforeAll(async () => {
  sandbox = await client.create({ name: "many-runs", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

// together 10,000
test.each([
  [2, 7000],
  [0, 3000],
])(
  "with %d launchers waiting, %d runs end right, and leave no descriptor, listener, memory or cgroup",
  async (spares, count) => {
    const { values, code, stderr } = await runProgram("many-runs.mjs", {
      nodeArgs: ["--expose-gc"],
      args: [socket, "many-runs", String(spares), String(count)],
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(values.at(-1)).toMatchObject({ runs: count, wrong: 0 });
    const [first, ...later] = values;
    for (const report of later) {
      // a connection more or less is on its way at any moment
      expect(Number(report["descriptors"])).toBeLessThan(Number(first?.["descriptors"]) + 20);
      expect(report["listeners"]).toBe(first?.["listeners"]);
      expect(Number(report["rssBytes"])).toBeLessThan(Number(first?.["rssBytes"]) + 48 * MIB);
    }
    await waitUntilEmpty(sandbox, 20_000);
  },
  900_000,
);
