import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import type { SandboxProcess } from "../../exec.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";
import { countTo } from "./streams.ts";

const decode = (data: Uint8Array): string => Buffer.from(data).toString();

/** Reads all output, calling back as soon as the text is there. */
async function readAll(
  process: SandboxProcess,
  awaited: string,
  onSeen: () => Promise<void>,
): Promise<string> {
  let text = "";
  let seen = false;
  for await (const { data } of process.output) {
    text += decode(data);
    if (seen || !text.includes(awaited)) continue;
    seen = true;
    await onSeen();
  }
  return text;
}

/** What can be done to a command while it runs. */
export const processes = {
  "process:kill-int": async ({ sandbox }) => {
    const marker = newMarker();
    // the shell handles the signal only once its child has ended, so both have to be reached
    const script = shell(`trap 'echo caught; exit 42' INT; echo ready; sleep ${marker}; sleep ${marker}`);
    await using process = await sandbox.spawn(script);
    const interrupt = async (): Promise<void> => {
      // between "ready" and its child, the shell would take the signal for one that the child has had too
      await untilMarked(sandbox, marker, 1);
      await process.kill("INT");
    };
    expect(await readAll(process, "ready\n", interrupt)).toBe("ready\ncaught\n");
    expect((await process.wait()).exitCode).toBe(42);
    await process.kill("INT");
  },

  "process:kill-default-kills-all": async ({ sandbox }) => {
    const marker = newMarker();
    const script = shell(
      `trap '' INT TERM HUP; setsid sleep ${marker} & sleep ${marker} & sleep ${marker}; sleep ${marker}`,
    );
    await using process = await sandbox.spawn(script);
    await untilMarked(sandbox, marker, 3);
    await process.kill();
    expect(await countMarked(sandbox, marker)).toBe(0);
    expect((await process.wait()).exitCode).toBe(137);
  },

  "process:dispose-kills": async ({ sandbox }) => {
    const marker = newMarker();
    {
      await using running = await sandbox.spawn(shell(`setsid sleep ${marker} & sleep ${marker}; exit`));
      expect(running.id).toBeTypeOf("string");
      await untilMarked(sandbox, marker, 2);
    }
    expect(await countMarked(sandbox, marker)).toBe(0);
  },

  "process:wait-twice": async ({ sandbox }) => {
    await using process = await sandbox.spawn(shell("echo ignored; exit 9"));
    const [first, second] = await Promise.all([process.wait(), process.wait()]);
    expect(first.exitCode).toBe(9);
    expect(second).toEqual(first);
    expect(await process.wait()).toEqual(first);
  },

  "process:output-once": async ({ sandbox }) => {
    await using process = await sandbox.spawn(["echo", "once"]);
    expect(await readAll(process, "once\n", async () => {})).toBe("once\n");
    expect(() => process.output[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect((await process.wait()).exitCode).toBe(0);
  },

  "process:write-as-it-runs": async ({ sandbox }) => {
    await using process = await sandbox.spawn(
      shell('read -r a; echo "got $a"; read -r b; echo "got $b"; cat; echo end'),
    );
    await process.write("one\n");
    const text = await readAll(process, "got one\n", async () => {
      await process.write(Buffer.from("two\nrest"));
      await process.closeStdin();
    });
    expect(text).toBe("got one\ngot two\nrestend\n");
    expect((await process.wait()).exitCode).toBe(0);
    // for a command that has ended: dropped
    await process.write("late");
    await process.closeStdin();
  },

  "process:slow-reader": async ({ sandbox }) => {
    await using process = await sandbox.spawn(["seq", "1", "500000"]);
    const pieces: Uint8Array[] = [];
    for await (const { data } of process.output) {
      pieces.push(data);
      if (pieces.length < 20) await sleep(25);
    }
    expect(Buffer.concat(pieces).equals(Buffer.from(countTo(500_000)))).toBe(true);
    expect((await process.wait()).exitCode).toBe(0);
  },

  "process:reader-stops-early": async ({ sandbox }) => {
    await using process = await sandbox.spawn(shell("seq 1 500000; exit 6"));
    for await (const { data } of process.output) {
      expect(decode(data)).toMatch(/^1\n/);
      break;
    }
    expect((await process.wait()).exitCode).toBe(6);
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
