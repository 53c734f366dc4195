import type { PixelsErrorCode } from "@pixels/core";

/** What a check has found. */
export interface Finding {
  readonly id: CheckId;
  /** `unknown`: it could not be looked at, for want of rights or because something before it fails. */
  readonly status: "ok" | "warning" | "problem" | "unknown";
  /** What is so, as a sentence without its full stop. */
  readonly what: string;
  /** How that was found out. */
  readonly checked: string;
  /** What mends it, for a shell where that can be said so. */
  readonly mend?: string;
  /** Of a problem: the code that a command would fail with. */
  readonly code?: PixelsErrorCode;
}

/** Every check in its order, and what it looks at. */
export const checks = {
  server: "whether the Incus server answers and lets this user in",
  version: "known holes of the server's version",
  pool: "the storage pool of new sandboxes",
  storage: "whether the pool's driver makes checkpoints and clones without copying",
  space: "room in the pool",
  network: "the bridge of new sandboxes",
  filters: "what keeps sandboxes from using each other's addresses",
  kernel: "features of the server's kernel",
  image: "the image of new sandboxes",
  service: "whether Incus runs as a service of this machine",
  ids: "ids of users and groups for sandboxes",
  controllers: "control groups that limits need",
  apparmor: "AppArmor around every sandbox",
  forwarding: "whether the firewall of this machine lets sandboxes out",
} as const;

export type CheckId = keyof typeof checks;
