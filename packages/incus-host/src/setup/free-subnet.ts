import { BlockList, isIPv4 } from "node:net";
import { bridgeSubnets } from "../subnets.ts";

/** The bridge's own address and prefix length in a subnet that none of those overlaps, such as "10.214.64.1/24"; undefined where each is taken. */
export function findFreeSubnet(used: readonly string[]): string | undefined {
  const prefixes = bridgeSubnets().map((candidate) => candidate.split("/")[0] ?? "");
  return prefixes.find((prefix) => !used.some((subnet) => overlaps(prefix, subnet)))?.concat(".1/24");
}

/** `prefix` stands for A.B.C.0/24. Neither a default route nor IPv6 takes anything. */
function overlaps(prefix: string, subnet: string): boolean {
  const [address = "", length = "32"] = subnet.split("/");
  if (!isIPv4(address) || Number(length) === 0) return false;
  const other = new BlockList();
  other.addSubnet(address, Number(length));
  const own = new BlockList();
  own.addSubnet(`${prefix}.0`, 24);
  return own.check(address) || other.check(`${prefix}.0`);
}
