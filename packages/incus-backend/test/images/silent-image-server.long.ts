import { createSandboxClient } from "@pixels/core";
import { expect, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { startTestbed } from "../robustness/support/own-daemon.ts";
import { startImageServer } from "./support/image-server.ts";

test("an image server that says nothing is given up, and named, before the create is", async () => {
  await using daemon = await startTestbed();
  await using server = await startImageServer(daemon);
  await using client = createSandboxClient({
    backend: incusBackend({ socket: daemon.socketPath, imageServer: server.at("silent") }),
  });
  const source = { kind: "image", image: "stand-in/1" } as const;
  await expect(client.create({ name: "silent", source })).rejects.toMatchObject({
    code: "BACKEND_FAILED",
    message: expect.stringMatching(/silent does not give it: no progress/) as string,
  });
  expect(await daemon.listInstances()).toEqual([]);
}, 180_000);
