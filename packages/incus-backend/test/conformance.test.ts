import { describeBackend } from "@pixels/core/testing";
import { inject } from "vitest";
import { incusBackend } from "../src/index.ts";
import { capabilities } from "./support/capabilities.ts";

describeBackend({
  name: "incus",
  open: async () => incusBackend({ socket: inject("incusSocket"), imageServer: "none" }),
  image: "debian/12",
  capabilities,
});
