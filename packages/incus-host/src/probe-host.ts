import { existsSync } from "node:fs";
import type { CallOptions } from "@pixels/core";
import { findIncus, type IncusLookup } from "./incus-lookup.ts";
import { type OsRelease, readOsRelease } from "./os-release.ts";
import { isRoot } from "./require-root.ts";
import { missingTools, type Tool } from "./tools.ts";

/** What there is to know about this machine as a host of sandboxes. */
export interface HostProbe {
  readonly root: boolean;
  readonly osRelease: OsRelease;
  /** Whether systemd runs here, so that Incus can be a service. */
  readonly serviceManager: boolean;
  readonly missingTools: readonly Tool[];
  readonly incus: IncusLookup;
}

/** Looks at this machine. Changes nothing and needs no rights. */
export async function probeHost(options: CallOptions = {}): Promise<HostProbe> {
  const [osRelease, incus] = await Promise.all([readOsRelease(), findIncus(options)]);
  return {
    root: isRoot(),
    osRelease,
    serviceManager: hasServiceManager(),
    missingTools: missingTools(),
    incus,
  };
}

/** sd_booted(3). */
export function hasServiceManager(): boolean {
  return existsSync("/run/systemd/system");
}
