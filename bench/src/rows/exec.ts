import { randomUUID } from "node:crypto";
import { expectSuccess } from "@pixels/core";
import { inCgroup } from "../floor/cgroup-command.ts";
import { bareExec } from "../bare-exec.ts";
import type { Contestant, Row } from "../row.ts";
import { openSandbox, type StageSandbox } from "../sandbox.ts";
import { waitForSpares } from "../spares.ts";

const SPARES = 2;
const BURST = 10;

/** One command through the library, each with a new launcher. */
export const execRow: Row = {
  name: "exec",
  title: "exec through the library, no spare launchers",
  against: "bare REST exec of setsid sh with a cgroup",
  bounds: { median: 1.3, p90: 1.5 },
  warmUps: 5,
  async open(stage) {
    const target = await openSandbox(stage, "bench-exec", { spareLaunchers: 0 });
    return {
      floor: bareExec(stage, target, () => inCgroup(randomUUID(), ["true"])),
      subject: libraryExec(target),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  },
};

/** One command while launchers wait for it, which they do before every one. */
export const execSpareRow: Row = {
  name: "exec-spare",
  title: "exec through the library, a spare launcher waiting",
  against: "bare REST exec of true",
  bounds: { median: 0.5 },
  warmUps: 5,
  async open(stage) {
    const target = await openSandbox(stage, "bench-exec-spare", { spareLaunchers: SPARES });
    const subject = libraryExec(target);
    await subject();
    return {
      floor: bareExec(stage, target, () => ["true"]),
      subject,
      settle: () => waitForSpares(stage, target.instance, SPARES),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  },
};

/** Ten commands with nothing between them: every launcher that is used up is replaced meanwhile. */
export const execBurstRow: Row = {
  name: "exec-burst",
  title: `${BURST} execs one after another, spare launchers on`,
  against: `${BURST} bare REST execs of true`,
  warmUps: 1,
  async open(stage) {
    const target = await openSandbox(stage, "bench-exec-burst", { spareLaunchers: SPARES });
    const subject = libraryExec(target);
    await subject();
    return {
      floor: repeat(bareExec(stage, target, () => ["true"])),
      subject: repeat(subject),
      settle: () => waitForSpares(stage, target.instance, SPARES),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  },
};

function libraryExec({ sandbox }: StageSandbox): Contestant {
  return async () => {
    expectSuccess(await sandbox.exec(["true"]));
    return undefined;
  };
}

function repeat(contestant: Contestant): Contestant {
  return async () => {
    for (let count = 0; count < BURST; count++) await contestant();
    return undefined;
  };
}
