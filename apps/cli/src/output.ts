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

/** Rows under a header in capitals; an empty cell shows as "-". */
export function toTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return alignColumns([
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => row.map((cell) => cell || "-")),
  ]);
}

/** Lines whose cells stand under each other, two spaces apart. */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines)
    for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  const align = (line: readonly string[]): string =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return lines.map((line) => `${align(line)}\n`).join("");
}

/** Bytes as people say them: "512 B", "48 MiB", "2.5 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const amount = bytes / 1024 ** power;
  return `${Number.isInteger(amount) || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
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
