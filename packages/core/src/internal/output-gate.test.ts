import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OutputChunk } from "../exec.ts";
import { OutputGate } from "./output-gate.ts";

const spec = { id: "test-1", cwd: "/missing", account: "root" } as const;
const line = "pixels-launch-failure test-1 cwd\n";

interface Passed {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: string | undefined;
}

function passAll(chunks: readonly OutputChunk[]): Passed {
  const gate = new OutputGate(spec);
  const shown = [...chunks.map((chunk) => gate.pass(chunk)), gate.end()].filter(
    (chunk) => chunk !== undefined,
  );
  const textOf = (stream: OutputChunk["stream"]): string =>
    Buffer.concat(shown.filter((chunk) => chunk.stream === stream).map(({ data }) => data)).toString(
      "latin1",
    );
  return { stdout: textOf("stdout"), stderr: textOf("stderr"), code: gate.failure?.code };
}

const toChunk = (stream: OutputChunk["stream"], text: string): OutputChunk => ({
  stream,
  data: Buffer.from(text, "latin1"),
});

/** The text cut at any places. */
const cutAnywhere = (text: string) =>
  fc.array(fc.nat(text.length), { maxLength: 6 }).map((places) => {
    const cuts = [0, ...places.toSorted((a, b) => a - b), text.length];
    return cuts.slice(1).map((end, index) => text.slice(cuts[index], end));
  });

describe("the gate for a command's output", () => {
  test("takes the launcher's line out and makes it an error, however it is cut", () => {
    fc.assert(
      fc.property(cutAnywhere(line), (parts) => {
        const passed = passAll(parts.map((part) => toChunk("stderr", part)));
        expect(passed).toEqual({ stdout: "", stderr: "", code: "WORKING_DIRECTORY_NOT_FOUND" });
      }),
    );
  });

  test("passes everything else on unchanged, however it is cut", () => {
    const likeIt = fc.constantFrom(
      "",
      "pixels",
      line.slice(0, -6),
      "pixels-launch-failure test-2 cwd\n",
      `x${line}`,
      `\n${line}`,
    );
    const anyText = fc.oneof(
      likeIt,
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    );
    fc.assert(
      fc.property(
        anyText
          .filter((text) => !text.startsWith(line.slice(0, -4)))
          .chain((text) => fc.tuple(fc.constant(text), cutAnywhere(text))),
        ([text, parts]) => {
          expect(passAll(parts.map((part) => toChunk("stderr", part)))).toEqual({
            stdout: "",
            stderr: text,
            code: undefined,
          });
        },
      ),
    );
  });

  test("lets stdout pass at once, whatever it looks like", () => {
    const gate = new OutputGate(spec);
    const chunk = toChunk("stdout", line);
    expect(gate.pass(chunk)).toBe(chunk);
    expect(gate.end()).toBeUndefined();
    expect(gate.failure).toBeUndefined();
  });

  test("looks at the beginning alone", () => {
    expect(passAll([toChunk("stderr", "first\n"), toChunk("stderr", line)])).toEqual({
      stdout: "",
      stderr: `first\n${line}`,
      code: undefined,
    });
  });

  test("keeps what a terminal shows in its own stream", () => {
    const gate = new OutputGate(spec);
    expect(gate.pass(toChunk("terminal", "pixels-"))).toBeUndefined();
    expect(gate.pass(toChunk("terminal", "other"))).toEqual(toChunk("terminal", "pixels-other"));
  });
});
