import { describe, expect, test } from "vitest";
import type { CreateSandboxRequest, SandboxLimits } from "../sandbox.ts";
import { checkChange, checkLabels, checkLimits, checkRequest } from "./check-request.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
const image = { kind: "image", image: "debian/12" } as const;
const MIB = 1024 * 1024;

describe("a request for a sandbox", () => {
  test("is completed with what it leaves out", () => {
    expect(checkRequest({ name: "px-dev", source: image })).toMatchObject({
      name: "dev",
      source: image,
      labels: {},
      nesting: false,
    });
  });

  test("has the names of its sources checked", () => {
    const other = { kind: "sandbox", sandbox: "px-other" } as const;
    expect(checkRequest({ name: "dev", source: other }).source).toEqual({
      kind: "sandbox",
      sandbox: "other",
    });
    const snapshot = { kind: "snapshot", sandbox: "../x", snapshot: "s" } as const;
    expect(() => checkRequest({ name: "dev", source: snapshot })).toThrow(invalid);
  });

  test.each<[string, Partial<CreateSandboxRequest>]>([
    ["name", { name: "A" }],
    ["image", { source: { kind: "image", image: "" } }],
    ["image", { source: { kind: "image", image: "a b" } }],
    ["image", { source: { kind: "image", image: "a?b" } }],
    ["label", { labels: { "Not A Key": "x" } }],
    ["label", { labels: { key: "" } }],
    ["limit", { memoryBytes: 1 }],
  ])("with a bad %s is refused (%#)", (_what, change) => {
    expect(() => checkRequest({ name: "dev", source: image, ...change })).toThrow(invalid);
  });
});

describe("limits", () => {
  test.each<[SandboxLimits]>([
    [{}],
    [{ cpu: 1, memoryBytes: 32 * MIB, diskBytes: 64 * MIB, processes: 64 }],
    [{ cpu: { set: "0" } }],
    [{ cpu: { set: "0-3,5,7-8" } }],
  ])("may be %j", (limits) => {
    expect(() => checkLimits(limits)).not.toThrow();
  });

  test.each<[SandboxLimits]>([
    ...[0, -1, 1.5, Number.NaN, Infinity].map((cpu): [SandboxLimits] => [{ cpu }]),
    ...["", "a", "0-", "-3", "0,,1", "0 1", "0-3-5"].map((set): [SandboxLimits] => [{ cpu: { set } }]),
    ...[0, 32 * MIB - 1, 1e300, Number.NaN].map((memoryBytes): [SandboxLimits] => [{ memoryBytes }]),
    [{ diskBytes: 64 * MIB - 1 }],
    [{ processes: 63 }],
  ])("may not be %o", (limits) => {
    expect(() => checkLimits(limits)).toThrow(invalid);
  });
});

describe("a change", () => {
  test("may lift any limit and remove any label", () => {
    expect(() =>
      checkChange({ cpu: null, memoryBytes: null, diskBytes: null, processes: null, labels: { a: null } }),
    ).not.toThrow();
  });

  test.each([{ memoryBytes: 1 }, { cpu: 0 }, { labels: { A: null } }, { diskBytes: 1, cpu: null }])(
    "may not be %o",
    (change) => {
      expect(() => checkChange(change)).toThrow(invalid);
    },
  );
});

describe("labels", () => {
  test.each(["a", "a.b-c_d", "1", "a".repeat(63)])("may have the key %j", (key) => {
    expect(() => checkLabels({ [key]: "value" })).not.toThrow();
  });

  test.each(["", "A", ".a", "a-", "a b", "a=b", "ä", "a".repeat(64), "a\n"])(
    "may not have the key %j",
    (key) => {
      expect(() => checkLabels({ [key]: "value" })).toThrow(invalid);
      expect(() => checkLabels({ [key]: null })).toThrow(invalid);
    },
  );

  test("may have any value but an empty one", () => {
    expect(() => checkLabels({ a: " ", b: 'ü=\n"', c: null })).not.toThrow();
    expect(() => checkLabels({ a: "x", b: "" })).toThrow(invalid);
  });
});
