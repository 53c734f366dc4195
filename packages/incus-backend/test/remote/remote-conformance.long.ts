import { describeBackend } from "@pixels/core/testing";
import { afterAll, beforeAll } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { capabilities } from "../support/capabilities.ts";
import { type RemoteDaemon, startRemoteDaemon } from "./support/remote-daemon.ts";

let daemon: RemoteDaemon;

beforeAll(async () => {
  daemon = await startRemoteDaemon();
  const config = { "features.images": "false", "features.profiles": "false" };
  await daemon.api.transport.request("POST", "/1.0/projects", { body: { name: "rules", config } });
}, 600_000);

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

describeBackend({
  name: "incus over TLS, in a project",
  open: async () => incusBackend({ ...daemon.options, project: "rules", imageServer: "none" }),
  image: "debian/12",
  capabilities,
});
