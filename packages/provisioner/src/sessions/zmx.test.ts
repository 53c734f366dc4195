import { describe, expect, test } from "vitest";
import { parseZmxLine } from "./zmx.ts";

const createdAt = new Date(1_700_000_000_000);

describe("a line of zmx", () => {
  test.each([
    [
      "name=console\tpid=4\tclients=0\tcreated=1700000000\tstart_dir=/home/pixel",
      { name: "console", state: "detached", clients: 0, exitCode: undefined },
    ],
    // as versions after 0.7 have it, from inside a session
    [
      "→ name=a.b\tpid=4\tclients=2\tcreated=1700000000\tcwd=/srv\tcmd=bash",
      { name: "a.b", state: "attached", clients: 2 },
    ],
    ["  name=x\tpid=4\tclients=1\tcreated=1700000000", { name: "x", state: "attached" }],
    [
      "name=task\tpid=4\tclients=0\tcreated=1700000000\tcmd=make\tended=1700000009\texit_code=2",
      { name: "task", state: "ended", exitCode: 2 },
    ],
    // labels may be called anything, and a command may hold anything but a tab
    [
      "name=x\tpid=4\tclients=0\tcreated=1700000000\tcmd=a=b name=y\tname=z\tclients=9\tended",
      { name: "x", state: "detached", clients: 0 },
    ],
  ])("%j", (line, expected) => {
    expect(parseZmxLine(line)).toMatchObject({ ...expected, createdAt, keeper: "zmx" });
  });

  test("of a session that does not answer says so", () => {
    expect(parseZmxLine("name=x\terr=Timeout\tstatus=unreachable")).toMatchObject({
      name: "x",
      state: "unreachable",
      createdAt: undefined,
    });
  });

  test.each([
    "",
    "no sessions found in /tmp/zmx-0",
    "name=\tpid=1",
    "pid=1\tclients=0",
    "name=x\terr=ConnectionRefused\tstatus=cleaning up",
    "name=a b\tpid=1\tclients=0\tcreated=1700000000",
    "name=\u001B[2J\tpid=1\tclients=0\tcreated=1700000000",
  ])("%j is none of ours", (line) => {
    expect(parseZmxLine(line)).toBeUndefined();
  });

  test("with numbers that are none is taken as far as it goes", () => {
    expect(parseZmxLine("name=x\tclients=-1\tcreated=99999999999999999")).toMatchObject({
      state: "unreachable",
      createdAt: undefined,
    });
  });
});
