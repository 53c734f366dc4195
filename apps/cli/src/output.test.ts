import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { formatDuration, toDocument, toTable, writeTo } from "./output.ts";

describe("toTable", () => {
  test("pads columns to their widest cell and shows empty cells as a hyphen", () => {
    expect(
      toTable(
        ["name", "age"],
        [
          ["dev", "3 s"],
          ["longer", ""],
        ],
      ),
    ).toBe("NAME    AGE\ndev     3 s\nlonger  -\n");
  });

  test("is its header alone where there are no rows", () => {
    expect(toTable(["name", "age"], [])).toBe("NAME  AGE\n");
  });
});

test("toDocument is one line that begins with the schema", () => {
  expect(toDocument({ a: "x\ny" })).toBe('{"schema":1,"a":"x\\ny"}\n');
});

test.each([
  [0, "0.00 s"],
  [940, "0.94 s"],
  [12_300, "12 s"],
  [5 * 60_000, "5 min"],
  [3 * 3_600_000, "3 h"],
  [50 * 3_600_000, "2 d"],
])("formatDuration(%d) is %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

describe("writeTo", () => {
  test("waits for a stream that is full until it has taken the data", async () => {
    let release: (() => void) | undefined;
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        release = done;
      },
    });
    let written = false;
    const writing = writeTo(stream, "data").then(() => {
      written = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(false);
    release?.();
    await writing;
    expect(written).toBe(true);
  });

  test("resolves where the stream has failed, so that nobody waits for ever", async () => {
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(new Error("gone")),
    });
    stream.on("error", () => {});
    await expect(writeTo(stream, "data")).resolves.toBeUndefined();
    await expect(writeTo(stream, "more")).resolves.toBeUndefined();
  });
});
