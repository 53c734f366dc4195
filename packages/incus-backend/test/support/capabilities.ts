import type { BackendCapabilities } from "@pixels/core/backend";

/** What the backend says that it can do, wherever the daemon is. */
export const capabilities: BackendCapabilities = {
  files: true,
  snapshots: true,
  clone: true,
  restoreAny: true,
  terminal: true,
  jobs: true,
  diskQuota: true,
  cpuSet: true,
  egress: "none",
  compareAndSet: true,
  events: true,
};
