import { expect, test } from "vitest";
import { findFreeSubnet } from "./free-subnet.ts";

test.each([
  [[], "10.214.64.1/24"],
  // neither a default route nor IPv6 nor a network elsewhere
  [["0.0.0.0/0", "fe80::1/64", "192.168.1.0/24", "127.0.0.1/8"], "10.214.64.1/24"],
  [["10.214.64.1/24"], "10.214.66.1/24"],
  [["10.214.64.77/32"], "10.214.66.1/24"],
  [["10.214.0.0/16"], "10.215.64.1/24"],
  [["10.0.0.0/8"], "172.29.64.1/24"],
  [["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], undefined],
])("beside %j it is %j", (used, free) => {
  expect(findFreeSubnet(used)).toBe(free);
});
