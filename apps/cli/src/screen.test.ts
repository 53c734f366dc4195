import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { watchScreen } from "./screen.ts";

/** What a terminal is sent to bring it back after all this output. */
async function resetAfter(output: readonly string[]): Promise<string> {
  const passed: Uint8Array[] = [];
  const screen = watchScreen({
    async take(_stream, data) {
      passed.push(data);
    },
  });
  for (const part of output) await screen.sink.take("stdout", Buffer.from(part));
  expect(Buffer.concat(passed).toString()).toBe(output.join(""));
  const stream = Object.assign(new PassThrough(), { isTTY: true });
  screen.reset(stream);
  return String(stream.read());
}

const LEAVE = "\u001B[?1049l";

describe("a screen that is brought back", () => {
  test.each([
    ["\u001B[?1049h"],
    ["text\u001B[?1049hmore"],
    ["\u001B[?10", "49h", "drawn"],
    [...Array.from("\u001B[?1049h"), "x"],
    ["\u001B[?1049h\u001B[?1049l\u001B[?1049h"],
  ])("is left where a program is on the other one (%#)", async (...output) => {
    expect(await resetAfter(output)).toContain(LEAVE);
  });

  test.each([
    [""],
    ["plain text"],
    ["\u001B[?1049h drawn \u001B[?1049l"],
    ["\u001B[?1049h", "\u001B[?1049", "l", "after"],
  ])("is not left where none is on it (%#)", async (...output) => {
    const reset = await resetAfter(output);
    expect(reset).not.toContain(LEAVE);
    expect(reset).toContain("\u001B[?25h");
  });
});
