import type { Writable } from "node:stream";

/** The number that every JSON document begins with; it grows when a key changes its meaning. */
const SCHEMA = 1;

/** Resolves when the stream takes more. What goes wrong shows at the stream's "error" event. */
export function writeTo(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (stream.write(data, () => resolve())) resolve();
  });
}

/** One JSON document on a line of its own. */
export function toDocument(content: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ schema: SCHEMA, ...content })}\n`;
}

/** Rows under a header in capitals, in columns two spaces apart; an empty cell shows as "-". */
export function toTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => row.map((cell) => cell || "-")),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** Milliseconds as people say them: "0.94 s", "12 s", "5 min", "3 h", "2 d". */
export function formatDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
