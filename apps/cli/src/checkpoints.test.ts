import { expect, test } from "vitest";
import { labelAt, toCheckpointJson, toCheckpointRows } from "./checkpoints.ts";

const createdAt = new Date("2026-01-31T12:00:05Z");

test("a label without a wish is the local time", () => {
  expect(labelAt(new Date(2026, 0, 3, 4, 5, 6))).toBe("px-20260103-040506");
  expect(labelAt(new Date(2026, 10, 30, 23, 59, 59))).toBe("px-20261130-235959");
});

test("a size that the storage cannot tell is null, and a dash", () => {
  expect(toCheckpointJson({ name: "a", createdAt })).toEqual({
    label: "a",
    created_at: "2026-01-31T12:00:05.000Z",
    size_bytes: null,
  });
  expect(
    toCheckpointRows([
      { name: "a", createdAt },
      { name: "before", createdAt, sizeBytes: 2 ** 20 },
    ]),
  ).toBe(
    [
      "LABEL   TIME                      SIZE\n",
      "a       2026-01-31T12:00:05.000Z  -\n",
      "before  2026-01-31T12:00:05.000Z  1 MiB\n",
    ].join(""),
  );
});
