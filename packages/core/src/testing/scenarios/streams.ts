import { createHash } from "node:crypto";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

const MIB = 1024 * 1024;
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

/** Bytes without a pattern that a lost or doubled piece would fit into. */
function makeBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/** The output of `seq 1 last`. */
export function countTo(last: number): string {
  return Array.from({ length: last }, (_, index) => `${index + 1}\n`).join("");
}

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    // each piece in a turn of the event loop of its own
    await new Promise(setImmediate);
    yield bytes.subarray(at, at + pieceBytes);
  }
}

async function* withoutEnd(): AsyncGenerator<Uint8Array> {
  for (;;) {
    await new Promise(setImmediate);
    yield Buffer.alloc(65_536);
  }
}

/** What commands read and write. */
export const streams = {
  "exec:streams-apart": async ({ sandbox }) => {
    const { stdout, stderr } = await sandbox.exec(shell("echo one; echo two >&2; echo three; echo four >&2"));
    expect({ stdout, stderr }).toEqual({ stdout: "one\nthree\n", stderr: "two\nfour\n" });
  },

  "exec:binary-output": async ({ sandbox }) => {
    const octal = Array.from(everyByte, (value) => `\\${value.toString(8).padStart(3, "0")}`).join("");
    const printed = await sandbox.exec(["sh", "-c", 'printf "$1"; printf "$1" >&2', "sh", octal]);
    expect(Buffer.from(printed.stdoutBytes).equals(everyByte)).toBe(true);
    expect(Buffer.from(printed.stderrBytes).equals(everyByte)).toBe(true);
    const echoed = await sandbox.exec(["cat"], { stdin: everyByte });
    expect(Buffer.from(echoed.stdoutBytes).equals(everyByte)).toBe(true);
  },

  "exec:stdin-string": async ({ sandbox }) => {
    const { stdout } = expectSuccess(
      await sandbox.exec(shell("cat; echo end"), { stdin: "größer\nlast line" }),
    );
    expect(stdout).toBe("größer\nlast lineend\n");
  },

  "exec:stdin-large": async ({ sandbox }) => {
    const stdin = makeBytes(5 * MIB);
    const { stdout } = expectSuccess(await sandbox.exec(["sha256sum"], { stdin }));
    expect(stdout.slice(0, 64)).toBe(createHash("sha256").update(stdin).digest("hex"));
    const { stdoutBytes } = await sandbox.exec(["cat"], { stdin, maxOutputBytes: 8 * MIB });
    expect(stdin.equals(stdoutBytes)).toBe(true);
  },

  "exec:stdin-iterable": async ({ sandbox }) => {
    const stdin = makeBytes(100_000);
    const { stdoutBytes } = expectSuccess(await sandbox.exec(["cat"], { stdin: inPieces(stdin, 997) }));
    expect(stdin.equals(stdoutBytes)).toBe(true);
    expect((await sandbox.exec(["wc", "-c"], { stdin: inPieces(Buffer.alloc(0), 1) })).stdout.trim()).toBe(
      "0",
    );
  },

  "exec:stdin-default-empty": async ({ sandbox }) => {
    for (const stdin of [undefined, "", new Uint8Array()])
      expect((await sandbox.exec(["wc", "-c"], { stdin })).stdout.trim()).toBe("0");
  },

  "exec:stdin-unread": async ({ sandbox }) => {
    expect((await sandbox.exec(shell("exit 3"), { stdin: makeBytes(5 * MIB) })).status.exitCode).toBe(3);
    expect((await sandbox.exec(["head", "-c", "5"], { stdin: withoutEnd() })).stdoutBytes).toHaveLength(5);
    expect((await sandbox.exec(shell("exit 4"), { stdin: withoutEnd() })).status.exitCode).toBe(4);
  },

  "exec:output-limit": async ({ sandbox }) => {
    const script = shell("head -c 300000 /dev/zero; head -c 400000 /dev/zero >&2; exit 5");
    const cut = await sandbox.exec(script, { maxOutputBytes: 1000 });
    expect(cut.status.exitCode).toBe(5);
    expect(cut.stdoutBytes).toHaveLength(1000);
    expect(cut.stderrBytes).toHaveLength(1000);
    expect(cut.truncated).toBe(true);
    expect(cut.droppedBytes).toEqual({ stdout: 299_000, stderr: 399_000 });
    const whole = await sandbox.exec(script, { maxOutputBytes: 400_000 });
    expect(whole.truncated).toBe(false);
    expect(whole.droppedBytes).toEqual({ stdout: 0, stderr: 0 });
  },

  "exec:large-output": async ({ sandbox }) => {
    const { stdoutBytes, truncated } = await sandbox.exec(["seq", "1", "1450000"], {
      maxOutputBytes: 16 * MIB,
    });
    expect(truncated).toBe(false);
    expect(stdoutBytes.length).toBeGreaterThan(10_000_000);
    expect(Buffer.from(countTo(1_450_000)).equals(stdoutBytes)).toBe(true);
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
