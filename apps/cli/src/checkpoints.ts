import type { SnapshotInfo } from "@pixels/core";
import { formatBytes, toTable } from "./output.ts";

/** The label of a checkpoint that was given none: px-YYYYMMDD-HHMMSS, in local time. */
export function labelAt(time: Date): string {
  const digits = (value: number, count = 2): string => String(value).padStart(count, "0");
  const date = [digits(time.getFullYear(), 4), digits(time.getMonth() + 1), digits(time.getDate())];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((value) => digits(value));
  return `px-${date.join("")}-${clock.join("")}`;
}

/** A checkpoint as `--json` shows it. */
export function toCheckpointJson({ name, createdAt, sizeBytes }: SnapshotInfo): Record<string, unknown> {
  return { label: name, created_at: createdAt.toISOString(), size_bytes: sizeBytes ?? null };
}

/** Checkpoints as a table for people. */
export function toCheckpointRows(checkpoints: readonly SnapshotInfo[]): string {
  return toTable(
    ["label", "time", "size"],
    checkpoints.map(({ name, createdAt, sizeBytes }) => [
      name,
      createdAt.toISOString(),
      sizeBytes === undefined ? "" : formatBytes(sizeBytes),
    ]),
  );
}
