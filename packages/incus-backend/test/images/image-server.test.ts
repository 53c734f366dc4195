import { createSandboxClient, type SandboxClient } from "@pixels/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { type IncusApi, openIncusApi } from "../../src/rest/index.ts";
import { startTestbed, type Testbed } from "../robustness/support/own-daemon.ts";
import { type ImageServer, type Manner, startImageServer } from "./support/image-server.ts";

let daemon: Testbed;
let api: IncusApi;
let server: ImageServer;

beforeAll(async () => {
  daemon = await startTestbed();
  api = openIncusApi({ socketPath: daemon.socketPath });
  server = await startImageServer(daemon);
}, 600_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

function open(imageServer: string): SandboxClient {
  return createSandboxClient({
    backend: incusBackend({ socket: daemon.socketPath, imageServer, spareLaunchers: 0 }),
  });
}

const image = (number: number | string) => ({ kind: "image", image: `stand-in/${number}` }) as const;

async function expectNothingLeft(alias: string): Promise<void> {
  expect(await daemon.listInstances()).toEqual([]);
  expect(await api.images.hasAlias(alias)).toBe(false);
}

describe("an image that is not on the Incus server", () => {
  test.each([
    ["that nobody has there yet", 1],
    ["that is there under another name", 0],
  ])("%s is got from the image server, once", async (_what, number) => {
    await using client = open(server.at("well"));
    const phases: string[] = [];
    await using first = await client.create(
      { name: "pulled", source: image(number) },
      { onProgress: (phase) => void phases.push(phase) },
    );
    expect((await first.exec(["true"])).status.exitCode).toBe(0);
    expect((await first.info()).image).toBe(`stand-in/${number}`);
    expect(phases).toContain("looking for the image");
    const asked = server.requests.length;
    expect(asked).toBeGreaterThan(0);
    await using again = await client.create({ name: "pulled-again", source: image(number) });
    expect((await again.exec(["true"])).status.exitCode).toBe(0);
    expect(server.requests).toHaveLength(asked);
  });

  test("is got once for three creates at the same time", async () => {
    await using client = open(server.at("slow"));
    const names = ["three-a", "three-b", "three-c"];
    const sandboxes = await Promise.all(names.map((name) => client.create({ name, source: image(2) })));
    for (const sandbox of sandboxes) {
      expect((await sandbox.exec(["true"])).status.exitCode).toBe(0);
      await sandbox.destroy();
    }
    expect(server.requests.filter((path) => path === "/slow/rootfs/2")).toHaveLength(1);
    expect((await api.images.list()).flatMap(({ aliases }) => aliases)).toContainEqual(
      expect.objectContaining({ name: "stand-in/2" }),
    );
  });

  test("tells how far the download is", async () => {
    await using client = open(server.at("slow"));
    const percents: number[] = [];
    await using sandbox = await client.create(
      { name: "told", source: image(3) },
      {
        onProgress(phase, percent) {
          if (phase === "downloading the image" && percent !== undefined) percents.push(percent);
        },
      },
    );
    expect(sandbox.name).toBe("told");
    expect(percents.length).toBeGreaterThan(1);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
  });

  test("an abort ends the download, and leaves nothing", async () => {
    await using client = open(server.at("slow"));
    const abort = new AbortController();
    const reason = new Error("enough");
    const creating = client.create(
      { name: "aborted", source: image(4) },
      {
        signal: abort.signal,
        onProgress(phase) {
          if (phase === "downloading the image") abort.abort(reason);
        },
      },
    );
    await expect(creating).rejects.toBe(reason);
    await expect.poll(() => api.operations.list()).toEqual([]);
    await expectNothingLeft("stand-in/4");
  });
});

describe("an image that cannot be got", () => {
  test("and that neither server has is IMAGE_NOT_FOUND", async () => {
    await using client = open(server.at("well"));
    await expect(client.create({ name: "neither", source: image("none") })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: expect.stringContaining(server.at("well")) as string,
    });
    await expectNothingLeft("stand-in/none");
  });

  test.each<[string, () => string]>([
    ["does not answer", () => "http://127.0.0.1:1"],
    ["has no such host", () => "http://images.invalid"],
    ["has nothing there", () => `${server.at("well")}/elsewhere`],
    ["speaks something else", () => server.at("broken")],
    ["has no address at all", () => "not an address"],
  ])("from a server that %s is BACKEND_FAILED", async (_what, at) => {
    await using client = open(at());
    await expect(client.create({ name: "failed", source: image(5) })).rejects.toMatchObject({
      code: "BACKEND_FAILED",
      message: expect.stringContaining(at()) as string,
      next: expect.stringContaining("defaults.image_server") as string,
    });
    await expectNothingLeft("stand-in/5");
  });

  test('is not asked for where the image server is "none"', async () => {
    await using client = open("none");
    const asked = server.requests.length;
    await expect(client.create({ name: "unasked", source: image(5) })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    expect(server.requests).toHaveLength(asked);
    await expectNothingLeft("stand-in/5");
  });

  test("from a server that says nothing is given up", async () => {
    const body = {
      source: {
        type: "image",
        mode: "pull",
        protocol: "simplestreams",
        server: server.at("silent" satisfies Manner),
        alias: "stand-in/6",
      },
    };
    const { envelope } = await api.transport.request("POST", "/1.0/images", { body });
    const following = api.operations.follow(envelope.operation ?? "", {
      intervalMs: 20,
      silenceMs: 300,
      onMetadata() {},
    });
    await expect(following).rejects.toThrow(/no progress/);
  });
});
