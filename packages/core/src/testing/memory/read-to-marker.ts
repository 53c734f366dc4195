/**
 * Hands on what comes before a marker, and returns what stands between it and the next newline; undefined where the source ends without
 * one. A few bytes are held back at most, and only while they look like the marker.
 */
export async function* readToMarker(
  source: AsyncIterable<Uint8Array>,
  marker: Buffer,
): AsyncGenerator<Uint8Array, string | undefined> {
  let held = Buffer.alloc(0);
  for await (const chunk of source) {
    const seen = Buffer.concat([held, chunk]);
    const found = seen.indexOf(marker);
    const start = found === -1 ? seen.length - countHeldBytes(seen, marker) : found;
    if (start > 0) yield seen.subarray(0, start);
    held = seen.subarray(start);
    const newline = found === -1 ? -1 : held.indexOf("\n", marker.length);
    if (newline !== -1) return held.toString("utf8", marker.length, newline);
  }
  if (held.length > 0) yield held;
  return undefined;
}

/** How many of the last bytes may be the beginning of the marker. */
function countHeldBytes(seen: Buffer, marker: Buffer): number {
  let count = Math.min(seen.length, marker.length - 1);
  while (count > 0 && !seen.subarray(-count).equals(marker.subarray(0, count))) count--;
  return count;
}
