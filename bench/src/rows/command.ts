import { fileURLToPath } from "node:url";
import { type Program, runProgram } from "../program.ts";
import type { Contestant, Row, Stage } from "../row.ts";
import { openSandbox, type StageSandbox } from "../sandbox.ts";

const pixels = fileURLToPath(import.meta.resolve("@pixels/cli/dist/bin.cjs"));
const bareExecScript = fileURLToPath(new URL("../../floor/dist/exec.cjs", import.meta.url));

/** The command as a process, against a script that does the same by bare means. */
export const commandRow: Row = {
  name: "command",
  title: "pixels exec as a process",
  against: "a bare Node script, bundled alike: REST and websockets, setsid sh with a cgroup",
  bounds: { median: 1.3 },
  warmUps: 3,
  open: (stage) =>
    openCommandRow(stage, "bench-command", ({ instance }) => ({
      command: [process.execPath, bareExecScript, stage.testbed.socketPath, instance, "true"],
    })),
};

/** The command as a process, against the client that Incus brings. */
export const commandIncusRow: Row = {
  name: "command-incus",
  title: "pixels exec as a process",
  against: "incus exec, which makes no cgroup",
  bounds: { median: 2 },
  warmUps: 3,
  open: (stage) =>
    openCommandRow(stage, "bench-command-incus", ({ instance }) => ({
      command: ["incus", "exec", "--force-noninteractive", instance, "--", "true"],
      env: { INCUS_SOCKET: stage.testbed.socketPath },
    })),
};

/** What starting costs alone. */
export const versionRow: Row = {
  name: "version",
  title: "pixels --version",
  against: "node -e 0",
  bounds: { median: 1.3 },
  warmUps: 3,
  async open() {
    return {
      floor: run({ command: [process.execPath, "-e", "0"] }),
      subject: run({ command: [process.execPath, pixels, "--version"] }),
      async [Symbol.asyncDispose]() {},
    };
  },
};

async function openCommandRow(stage: Stage, name: string, toFloor: (target: StageSandbox) => Program) {
  const target = await openSandbox(stage, name, { spareLaunchers: 0 });
  return {
    floor: run(toFloor(target)),
    subject: run({
      command: [process.execPath, pixels, "exec", name, "--", "true"],
      env: { PIXELS_INCUS_SOCKET: stage.testbed.socketPath },
    }),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}

function run(program: Program): Contestant {
  return async () => {
    await runProgram(program);
    return undefined;
  };
}
