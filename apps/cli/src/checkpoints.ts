import type { SnapshotInfo } from "@pixels/core";
import { formatBytes, toTable } from "./output.ts";

/** The label of a checkpoint that was given none: px-YYYYMMDD-HHMMSS, in local time. */
export function labelAt(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return `px-${toDigits(date)}-${toDigits(clock)}`;
}

function toDigits(values: readonly number[]): string {
  return values.map((value) => String(value).padStart(2, "0")).join("");
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
