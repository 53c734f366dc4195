import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSubnet, pickAddress } from "./network.ts";

describe("parseSubnet", () => {
  test("reads a bridge's own address and the length of the prefix", () => {
    expect(parseSubnet("10.0.3.1/24")).toEqual({
      first: 0x0a_00_03_00,
      last: 0x0a_00_03_ff,
      gateway: 0x0a_00_03_01,
    });
    expect(parseSubnet("192.168.255.254/30")).toMatchObject({ first: 0xc0_a8_ff_fc, last: 0xc0_a8_ff_ff });
  });

  test.for(["", "none", "auto", "fd42::1/64", "10.0.3.1", "10.0.3.256/24", "10.0.3.1/31", "10.0.3.1/7"])(
    "takes %j for no subnet",
    (text) => {
      expect(parseSubnet(text)).toBeUndefined();
    },
  );
});

describe("pickAddress", () => {
  const small = fc.record({
    host: fc.integer({ min: 1, max: 14 }),
    taken: fc.uniqueArray(fc.integer({ min: 1, max: 14 })),
  });
  const start = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test("gives an address that is free, wherever it begins to look, as long as there is one", () => {
    fc.assert(
      fc.property(small, start, ({ host, taken }, random) => {
        const subnet = parseSubnet(`10.0.0.${host}/28`);
        if (subnet === undefined) throw new Error("no subnet");
        const used = new Set([host, ...taken].map((number) => `10.0.0.${number}`));
        const address = pickAddress(
          subnet,
          (candidate) => used.has(candidate),
          () => random,
        );
        // 14 of the 16 may be given out: not the network's own address, nor the one for all
        const free = Array.from({ length: 14 }, (_, index) => `10.0.0.${index + 1}`).filter(
          (each) => !used.has(each),
        );
        if (free.length === 0) expect(address).toBeUndefined();
        else expect(free).toContain(address);
      }),
    );
  });
});
