import { isIPv4 } from "node:net";
import type { SandboxInfo } from "@pixels/core";
import { formatDuration, toTable } from "./output.ts";

/** A sandbox as `--json` shows it. */
export function toJson(info: SandboxInfo): Record<string, unknown> {
  const { name, status, addresses, image, createdAt } = info;
  return {
    name,
    status,
    address: toAddress(info) ?? null,
    addresses,
    base: null,
    image: image ?? null,
    created_at: createdAt.toISOString(),
    egress: EGRESS,
  };
}

/** Sandboxes as a table for people; ages count until `now`. */
export function toRows(sandboxes: readonly SandboxInfo[], now: Date): string {
  return toTable(
    ["name", "status", "address", "base", "age", "egress"],
    sandboxes.map((info) => [
      info.name,
      info.status,
      toAddress(info) ?? "",
      "",
      formatDuration(Math.max(0, now.getTime() - info.createdAt.getTime())),
      EGRESS,
    ]),
  );
}

/** The address to reach a sandbox by: an IPv4 one where there is one. */
export function toAddress({ addresses }: SandboxInfo): string | undefined {
  return addresses.find((address) => isIPv4(address)) ?? addresses[0];
}

/** What every sandbox may reach: no backend restricts it yet, and asking for anything else is refused. */
export const EGRESS = "unrestricted";
