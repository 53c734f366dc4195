import { describe, expect, test } from "vitest";
import { CapturingSink } from "./exec-output.ts";

const MIB = 1024 * 1024;
const ended = { exitCode: 0 };

async function capture(...chunks: readonly (readonly ["stdout" | "stderr", Uint8Array])[]) {
  const sink = new CapturingSink();
  for (const [stream, data] of chunks) await sink.take(stream, data);
  return sink.toJson(ended, 12.4);
}

describe("CapturingSink", () => {
  test("joins each stream's chunks, also in the middle of a character", async () => {
    const [first, second] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
    expect(await capture(["stdout", first], ["stderr", Buffer.from("e")], ["stdout", second])).toEqual({
      exit_code: 0,
      signal: null,
      stdout: "é",
      stderr: "e",
      encoding: "utf-8",
      truncated: false,
      duration_ms: 12,
    });
  });

  test("both streams are base64 where one of them is not UTF-8", async () => {
    const document = await capture(["stdout", Buffer.from([0xff])], ["stderr", Buffer.from("text")]);
    expect(document).toMatchObject({ encoding: "base64", stdout: "/w==", stderr: "dGV4dA==" });
  });

  test("a byte order mark is part of the text", async () => {
    expect(await capture(["stdout", Buffer.from("\uFEFFa")])).toMatchObject({ stdout: "\uFEFFa" });
  });

  test("keeps the first MiB of each stream and says that there was more", async () => {
    const document = await capture(["stdout", Buffer.alloc(MIB, "a")], ["stdout", Buffer.from("b")]);
    expect(document).toMatchObject({ truncated: true, encoding: "utf-8", stdout: "a".repeat(MIB) });
    expect(await capture(["stderr", Buffer.alloc(MIB, "a")])).toMatchObject({ truncated: false });
  });

  test("a character that the limit cuts in two is left out", async () => {
    const document = await capture(["stdout", Buffer.from(`${"a".repeat(MIB - 1)}é`)]);
    expect(document).toMatchObject({ truncated: true, encoding: "utf-8", stdout: "a".repeat(MIB - 1) });
  });

  test("a character that the command itself cut in two is not UTF-8", async () => {
    expect(await capture(["stdout", Buffer.from("é").subarray(0, 1)])).toMatchObject({ encoding: "base64" });
  });
});
