import { describe, expect, test } from "vitest";
import { parseEnsured, parseSessions, planAttachSession, planEnsureSession } from "./plan-session.ts";
import { parseSessionName } from "./session-name.ts";

const name = parseSessionName("a.b");

describe("the plans", () => {
  test("hand names and sizes over as arguments, and of variables the names alone", () => {
    const plan = planEnsureSession({ name, size: { columns: 80, rows: 24 }, variables: ["A", "B"] });
    expect(plan.slice(-5)).toEqual(["a.b", "a_db", "80", "24", "A B"]);
    expect(planAttachSession(name, "zmx").slice(-2)).toEqual(["zmx", "a.b"]);
    expect(planAttachSession(name, "tmux").slice(-2)).toEqual(["tmux", "a_db"]);
  });

  test("tell what keeps the session", () => {
    expect(["tmux\n", "zmx\n", "none\n", ""].map(parseEnsured)).toEqual([
      "tmux",
      "zmx",
      undefined,
      undefined,
    ]);
  });

  test("list what either keeps, by name, and nothing else", () => {
    const output = [
      "zmx name=b\tpid=1\tclients=0\tcreated=1700000000",
      "zmx no sessions found",
      "tmux 1700000000:1:0::c",
      "tmux 1700000000:0:0::a_db",
      "warning: something",
      "",
    ].join("\n");
    expect(parseSessions(output).map((session) => [session.name, session.keeper])).toEqual([
      ["a.b", "tmux"],
      ["b", "zmx"],
      ["c", "tmux"],
    ]);
    expect(parseSessions("")).toEqual([]);
  });
});
