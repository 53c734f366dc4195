import { networkInterfaces } from "node:os";
import type { CallOptions } from "@pixels/core";
import { findCommand } from "../find-command.ts";
import { askProgram } from "../run-program.ts";

/** Addresses and routes of this machine, as "A.B.C.D/n"; those of IPv6 among them. */
export async function readUsedSubnets(options: CallOptions): Promise<readonly string[]> {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const own = addresses.flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));
  const ip = findCommand("ip");
  const routes =
    ip === undefined ? undefined : await askProgram(ip, ["-4", "route", "show", "table", "all"], options);
  const destinations = (routes ?? "").matchAll(/^(?:\w+ )?(\d+\.\d+\.\d+\.\d+\/\d+) /gm);
  return [...own, ...[...destinations].map(([, destination = ""]) => destination)];
}
