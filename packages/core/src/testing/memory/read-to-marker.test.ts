import fc from "fast-check";
import { expect, test } from "vitest";
import { readToMarker } from "./read-to-marker.ts";

const marker = Buffer.from("\0token ");

async function read(
  pieces: readonly Uint8Array[],
): Promise<{ readonly before: Buffer; readonly after: string | undefined }> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const chunks = readToMarker(source(), marker);
  const before: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return { before: Buffer.concat(before), after: value };
    before.push(value);
  }
}

const likeIt = fc.constantFrom(
  ...["\0", "\0token", "\0\0token", "tok", "\n", "x"].map((text) => Buffer.from(text)),
);
const anyBytes = fc
  .array(fc.oneof(likeIt, fc.uint8Array({ maxLength: 8 })), { maxLength: 8 })
  .map((parts) => Buffer.concat(parts))
  .filter((bytes) => !bytes.includes(marker));
const cuts = fc.array(fc.nat(80), { maxLength: 8 }).map((places) => places.toSorted((a, b) => a - b));

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places, bytes.length];
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

test("hands on what comes before the marker and returns what stands in its line, however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(anyBytes, anyBytes, cuts, async (before, after, places) => {
      const whole = Buffer.concat([before, marker, Buffer.from("137\n"), after]);
      expect(await read(cutAt(whole, places))).toEqual({ before, after: "137" });
    }),
  );
});

test("hands everything on where there is no marker", async () => {
  await fc.assert(
    fc.asyncProperty(anyBytes, cuts, async (bytes, places) => {
      expect(await read(cutAt(bytes, places))).toEqual({ before: bytes, after: undefined });
    }),
  );
});
