import { describeBackend } from "@pixels/core/testing";
import { inject } from "vitest";
import { incusBackend } from "../src/index.ts";

describeBackend({
  name: "incus",
  open: async () => incusBackend({ socket: inject("incusSocket") }),
  image: "debian/12",
  capabilities: {
    files: true,
    snapshots: true,
    clone: true,
    restoreAny: true,
    terminal: false,
    diskQuota: true,
    cpuSet: true,
    egress: "none",
    compareAndSet: true,
    events: true,
  },
});
