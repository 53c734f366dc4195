import { describeBackend, memoryBackend } from "@pixels/core/testing";

describeBackend({
  name: "memory",
  open: async () => memoryBackend(),
  image: "test/image",
  capabilities: {
    files: false,
    snapshots: false,
    clone: false,
    restoreAny: false,
    terminal: false,
    jobs: false,
    diskQuota: false,
    cpuSet: true,
    egress: "none",
    compareAndSet: true,
    events: false,
  },
});
