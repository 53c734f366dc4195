import { execFile } from "node:child_process";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import type { CallOptions } from "@pixels/core";
import { findCommand } from "../find-command.ts";

/** Addresses and routes of this machine, as "A.B.C.D/n"; those of IPv6 among them. */
export async function readUsedSubnets({ signal }: CallOptions): Promise<readonly string[]> {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const own = addresses.flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));
  if (findCommand("ip") === undefined) return own;
  const { stdout } = await promisify(execFile)("ip", ["-4", "route", "show", "table", "all"], {
    env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
    signal,
  });
  return [...own, ...stdout.matchAll(/^(?:\w+ )?(\d+\.\d+\.\d+\.\d+\/\d+) /gm)].map((match) =>
    typeof match === "string" ? match : (match[1] ?? ""),
  );
}
