import { existsSync } from "node:fs";

/** Whether systemd runs here (sd_booted(3)), so that Incus can be a service. */
export function hasServiceManager(): boolean {
  return existsSync("/run/systemd/system");
}
