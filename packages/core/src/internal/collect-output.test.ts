import fc from "fast-check";
import { expect, test } from "vitest";
import { OutputCollector, StreamCollector } from "./collect-output.ts";

test("keeps the first bytes up to the limit and counts the rest", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.nat(100), (pieces, limit) => {
      const collector = new StreamCollector(limit);
      for (const piece of pieces) collector.add(piece);
      const all = Buffer.concat(pieces);
      expect(all.subarray(0, limit).equals(collector.toBytes())).toBe(true);
      expect(collector.droppedBytes).toBe(Math.max(0, all.length - limit));
    }),
  );
});

test("keeps nothing where the limit is 0", () => {
  const collector = new StreamCollector(0);
  collector.add(Buffer.from("abc"));
  expect(collector.toBytes()).toHaveLength(0);
  expect(collector.droppedBytes).toBe(3);
});

test("gives each stream the whole limit, and counts a terminal as stdout", () => {
  const collector = new OutputCollector(4);
  collector.add({ stream: "stdout", data: Buffer.from("out") });
  collector.add({ stream: "stderr", data: Buffer.from("error") });
  collector.add({ stream: "terminal", data: Buffer.from("tty") });
  expect(Buffer.from(collector.stdout.toBytes()).toString()).toBe("outt");
  expect(Buffer.from(collector.stderr.toBytes()).toString()).toBe("erro");
  expect([collector.stdout.droppedBytes, collector.stderr.droppedBytes]).toEqual([2, 1]);
});
