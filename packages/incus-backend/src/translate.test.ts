import { describe, expect, test } from "vitest";
import { fromCpuLimit, fromLimits, parseIncusSize } from "./translate.ts";

describe("parseIncusSize", () => {
  test.for([
    ["0", 0],
    ["10", 10],
    ["10B", 10],
    ["2kB", 2000],
    ["3MB", 3_000_000],
    ["2KiB", 2048],
    ["5GiB", 5 * 2 ** 30],
    ["1TiB", 2 ** 40],
  ] as const)("reads %j as %d bytes", ([text, bytes]) => {
    expect(parseIncusSize(text)).toBe(bytes);
  });

  test.for([undefined, "", "50%", "1.5GiB", "-1", "10XB", "GiB"])("knows no size in %j", (text) => {
    expect(parseIncusSize(text)).toBeUndefined();
  });
});

describe("fromCpuLimit", () => {
  test("tells a number of cores and the number of one core apart", () => {
    expect(fromCpuLimit(2)).toBe("2");
    expect(fromCpuLimit({ set: "2" })).toBe("2-2");
    expect(fromCpuLimit({ set: "0-3" })).toBe("0-3");
    expect(fromCpuLimit({ set: "0,2" })).toBe("0,2");
  });
});

describe("fromLimits", () => {
  test("gives no key to a limit that is absent", () => {
    expect(fromLimits({ memoryBytes: 2 ** 30 })).toEqual({ "limits.memory": "1073741824" });
    expect(fromLimits({})).toEqual({});
  });

  test("removes the key of one that is lifted", () => {
    expect(fromLimits({ cpu: null, memoryBytes: null, processes: null })).toEqual({
      "limits.cpu": "",
      "limits.memory": "",
      "limits.processes": "",
    });
  });
});
