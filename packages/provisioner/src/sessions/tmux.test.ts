import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSessionName } from "./session-name.ts";
import { fromTmuxName, parseTmuxLine, toTmuxName } from "./tmux.ts";

const anyName = fc
  .stringMatching(/^[A-Za-z0-9._-]{1,40}$/)
  .filter((name) => name !== "." && name !== "..")
  .map(parseSessionName);

describe("a session's name in tmux", () => {
  test("is one that tmux leaves as it is, and is read back", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(toTmuxName(name)).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(fromTmuxName(toTmuxName(name))).toBe(name);
      }),
    );
  });

  test("is another for another session", () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        expect(toTmuxName(one) === toTmuxName(other)).toBe(one === other);
      }),
    );
    // what differs least
    const names = ["a.b", "a_b", "a__b", "a_.b", "a._b", "a_db", "a-b"].map(parseSessionName);
    expect(new Set(names.map(toTmuxName)).size).toBe(names.length);
  });

  test.each(["_", "a_", "a_x", "a b", "\u001B[1m", ""])("is not %j", (text) => {
    expect(fromTmuxName(text)).toBeUndefined();
  });
});

describe("a line of tmux", () => {
  const createdAt = new Date(1_700_000_000_000);

  test.each([
    ["1700000000:0:0::console", { name: "console", state: "detached", clients: 0 }],
    ["1700000000:2:0::a_db__c", { name: "a.b_c", state: "attached", clients: 2 }],
    // told by the shell's parent before it is gone itself
    ["1700000000:1:0:7:x", { state: "ended", exitCode: 7 }],
    ["1700000000:0:1:0:x", { state: "ended", exitCode: 0 }],
    ["1700000000:0:1:137:x", { state: "ended", exitCode: 137 }],
    ["1700000000:0:1::x", { state: "ended", exitCode: undefined }],
  ])("%s", (line, expected) => {
    expect(parseTmuxLine(line)).toMatchObject({ ...expected, createdAt, keeper: "tmux" });
  });

  test("of a session that runs has no exit code", () => {
    expect(parseTmuxLine("1700000000:0:0::x")?.exitCode).toBeUndefined();
  });

  test.each(["", "no server running", "x:0:0::a", "1:0:0:a", "1:0:0::", "1:0:0::a b"])(
    "%j is none",
    (line) => {
      expect(parseTmuxLine(line)).toBeUndefined();
    },
  );
});
