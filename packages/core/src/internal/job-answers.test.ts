import { describe, expect, test } from "vitest";
import { formatCursor, parseCursor, parseJobList, toJobState, toStatus } from "./job-answers.ts";

describe("a cursor", () => {
  test("comes back as it was given, and none is the beginning", () => {
    const cursor = { stdout: 12, stderr: 9_000_000_000 };
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    expect(parseCursor(undefined)).toEqual({ stdout: 0, stderr: 0 });
  });

  test.each(["", "1", "1.", ".1", "1.2.3", "-1.0", "1.0x", "1e3.0", " 1.0", "9999999999999999.0"])(
    "%j is none",
    (text) => {
      expect(() => parseCursor(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});

/** What a sandbox keeps of a job. */
const job = (command: readonly string[], startedAt: string): string =>
  JSON.stringify({ command, stdin: "none", startedAt });

describe("a list of jobs", () => {
  test("has the oldest first, with what each took by the sandbox's clock on top of when it was started", () => {
    const text = [
      `b\trunning\t\t${job(["cat"], "2026-01-02T00:00:00.000Z")}`,
      `a\texited\t143\t${job(["sh", "-c", "a\tb\n'c'"], "2026-01-01T00:00:00.000Z")}`,
      "",
      "a/job 2031-05-05 10:00:00.250000000 +0000",
      "a/status 2031-05-05 10:00:01.500000000 +0000",
      "b/job 2031-05-05 10:00:00.000000000 +0000",
      "",
    ].join("\n");
    expect(parseJobList(text)).toEqual([
      {
        id: "a",
        command: ["sh", "-c", "a\tb\n'c'"],
        state: "exited",
        status: { exitCode: 143, signal: "TERM" },
        startedAt: new Date("2026-01-01T00:00:00.000Z"),
        endedAt: new Date("2026-01-01T00:00:01.250Z"),
      },
      {
        id: "b",
        command: ["cat"],
        state: "running",
        status: undefined,
        startedAt: new Date("2026-01-02T00:00:00.000Z"),
        endedAt: undefined,
      },
    ]);
  });

  test("leaves out what somebody in the sandbox has spoiled", () => {
    const good = `a\tlost\t\t${job(["true"], "2026-01-01T00:00:00.000Z")}`;
    const spoiled = ["", "x", "b\trunning\t\tnull", `c\tasleep\t\t${job(["x"], "2026-01-01T00:00:00.000Z")}`];
    spoiled.push(
      `d\texited\t0\t${job([], "2026-01-01T00:00:00.000Z")}`,
      `e\texited\t0\t${job(["x"], "now")}`,
    );
    expect(parseJobList([...spoiled, good].join("\n")).map(({ id }) => id)).toEqual(["a"]);
    expect(parseJobList("")).toEqual([]);
  });
});

test("a state or a status is one, or none", () => {
  expect(toJobState("lost")).toBe("lost");
  expect(() => toJobState("exited 0")).toThrow(expect.objectContaining({ code: "BACKEND_PROTOCOL" }));
  expect(toStatus("7")).toEqual({ exitCode: 7, signal: undefined });
  expect(toStatus("")).toBeUndefined();
});
