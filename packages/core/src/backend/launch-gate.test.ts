import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LaunchGate } from "./launch-gate.ts";

const ID = "test-1";
const OK = "pixels-launch test-1 ok\n";

/** What the gate passed on, and the code of the failure to start. */
async function passAll(
  parts: readonly Uint8Array[],
): Promise<{ readonly passed: Buffer; readonly code: string | undefined }> {
  const gate = new LaunchGate(ID);
  gate.expect({ cwd: "/missing" });
  const passed = parts.map((part) => gate.pass(part));
  gate.end();
  const code = await gate.started.then(
    () => undefined,
    (error: { readonly code: string }) => error.code,
  );
  return { passed: Buffer.concat(passed), code };
}

/** The bytes cut at any places. */
const cutAnywhere = (bytes: Buffer) =>
  fc.array(fc.nat(bytes.length), { maxLength: 6 }).map((places) => {
    const ends = [...places.toSorted((a, b) => a - b), bytes.length];
    return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
  });

describe("the gate for what a launcher says", () => {
  test("takes its line out and passes on what follows, however it is cut", async () => {
    const anyOutput = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom("", "\n", OK, "pixels-launch test-1 cwd pixel\n").map((text) => Buffer.from(text)),
    );
    const cases = anyOutput.chain((output) =>
      fc.tuple(fc.constant(output), cutAnywhere(Buffer.concat([Buffer.from(OK), output]))),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([output, parts]) => {
        expect(await passAll(parts)).toEqual({ passed: output, code: undefined });
      }),
    );
  });

  test.each([
    ["cwd pixel", "WORKING_DIRECTORY_NOT_FOUND"],
    ["account pixel", "ACCOUNT_NOT_FOUND"],
    ["no writable cgroup", "SANDBOX_NOT_READY"],
  ])("makes %j the error %s, however it is cut", async (word, code) => {
    await fc.assert(
      fc.asyncProperty(cutAnywhere(Buffer.from(`pixels-launch test-1 ${word}\n`)), async (parts) => {
        expect(await passAll(parts)).toEqual({ passed: Buffer.alloc(0), code });
      }),
      { numRuns: 30 },
    );
  });

  describe("on a terminal", () => {
    const READY = "pixels-launch test-1 ready\n";

    test.each([OK, OK.replace("\n", "\r\n")])(
      "is ready before it starts, and takes both lines out, however they are cut (%j)",
      async (ok) => {
        const output = Buffer.from(`${READY}first\r\n`);
        const parts = cutAnywhere(Buffer.concat([Buffer.from(READY + ok), output]));
        await fc.assert(
          fc.asyncProperty(parts, async (some) => {
            const gate = new LaunchGate(ID);
            const passed = some.map((part) => gate.pass(part));
            await gate.ready;
            await gate.started;
            expect(Buffer.concat(passed)).toEqual(output);
          }),
          { numRuns: 50 },
        );
      },
    );

    test("that is ready has not started", async () => {
      const gate = new LaunchGate(ID);
      gate.pass(Buffer.from(READY));
      await gate.ready;
      gate.end();
      await expect(gate.started).rejects.toMatchObject({ code: "SANDBOX_NOT_READY" });
    });

    test.each([`pixels-launch test-1 account pixel\r\n`, `${READY}pixels-launch test-1 account pixel\n`])(
      "tells why it cannot start: %j",
      async (text) => {
        const gate = new LaunchGate(ID);
        gate.pass(Buffer.from(text));
        await expect(gate.started).rejects.toMatchObject({ code: "ACCOUNT_NOT_FOUND" });
        if (!text.startsWith(READY))
          await expect(gate.ready).rejects.toMatchObject({ code: "ACCOUNT_NOT_FOUND" });
      },
    );
  });

  test.each([
    "pixels-launch test-2 ok\n",
    " pixels-launch test-1 ok\n",
    "sh: not found\n",
    "sh: not found",
    OK.trim().slice(0, -1),
  ])("takes %j for no start", async (text) => {
    expect(await passAll([Buffer.from(text)])).toMatchObject({ code: "SANDBOX_NOT_READY" });
  });

  test.each(["pixels: 0: Cannot fork\n", "sh: can't fork: Resource temporarily unavailable\n"])(
    "%j is a sandbox that is at its limits",
    async (text) => {
      const gate = new LaunchGate(ID);
      gate.pass(Buffer.from(text));
      await expect(gate.started).rejects.toMatchObject({
        code: "SANDBOX_NOT_READY",
        next: expect.stringMatching(/limit of processes/) as unknown,
      });
    },
  );

  test("does not hold back without end what has no line in it", async () => {
    expect(await passAll([Buffer.alloc(100_000, "x")])).toMatchObject({ code: "SANDBOX_NOT_READY" });
  });

  test("knows an output that ended without a word", async () => {
    const gate = new LaunchGate(ID);
    expect(gate.silent).toBe(false);
    gate.end();
    expect(gate.silent).toBe(true);
    await expect(gate.started).rejects.toMatchObject({ code: "SANDBOX_NOT_READY" });
  });

  test("says what a launcher that could not start had to say", async () => {
    const gate = new LaunchGate(ID);
    gate.pass(Buffer.from("sh: 1: setsid: not found\n"));
    await expect(gate.started).rejects.toThrow(/setsid: not found/);
  });
});
