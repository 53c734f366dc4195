import type { Load, Machine, Versions } from "./machine.ts";
import type { Comparison, Summary } from "./statistics.ts";

export interface RowResult extends Comparison {
  readonly name: string;
  readonly title: string;
  readonly against: string;
  readonly loadBefore: Load;
  readonly loadAfter: Load;
  /** What else was looked at. */
  readonly facts?: string;
}

/** A whole run, as the JSON file has it. */
export interface BenchReport {
  readonly startedAt: string;
  /** What repeats it. */
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Versions;
  readonly loadBefore: Load;
  readonly loadAfter: Load;
  readonly rows: readonly RowResult[];
}

/** Where two sides stand in one line; the same columns on a terminal and in the Markdown file. */
const columns: readonly (readonly [head: string, cell: (row: RowResult) => string])[] = [
  ["row", (row) => row.name],
  ["floor p50/p90/p99 ms", (row) => formatSummary(row.floorMs)],
  ["pixels p50/p90/p99 ms", (row) => formatSummary(row.subjectMs)],
  ["ratio", (row) => row.ratio.toFixed(2)],
  ["p25 of pairs", (row) => row.pairedRatioP25.toFixed(2)],
  ["bound", (row) => row.bounds?.median.toString() ?? "-"],
  ["p90 ratio", (row) => row.p90Ratio.toFixed(2)],
  ["bound", (row) => row.bounds?.p90?.toString() ?? "-"],
  ["pairs", (row) => String(row.pairs)],
  ["load", (row) => `${row.loadBefore[0].toFixed(1)}-${row.loadAfter[0].toFixed(1)}`],
  ["verdict", (row) => row.verdict],
];

export function renderTable(rows: readonly RowResult[]): string {
  const lines = [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function renderMarkdown(report: BenchReport): string {
  const { machine, versions, rows } = report;
  return [
    `# Benchmarks, ${report.startedAt.slice(0, 10)}`,
    "",
    `- Command: \`${report.command}\`, at ${report.startedAt}`,
    `- Machine: ${machine.kind}; ${machine.cpuModel}, ${machine.cores} cores, ${formatGib(machine.memoryBytes)}`,
    `- Versions: commit ${versions.commit}, Node ${versions.node}, Incus ${versions.incus} (storage: ${versions.storage}), kernel ${versions.kernel}`,
    `- Load (1, 5, 15 minutes): ${formatLoad(report.loadBefore)} before, ${formatLoad(report.loadAfter)} after`,
    "",
    toLine(columns.map(([head]) => head)),
    toLine(columns.map(() => "---")),
    ...rows.map((row) => toLine(columns.map(([, cell]) => cell(row)))),
    "",
    ...rows.map(
      (row) =>
        `- \`${row.name}\`: ${row.title}. Floor: ${row.against}.${row.facts === undefined ? "" : ` Checked: ${row.facts}.`}`,
    ),
    "",
  ].join("\n");
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function formatSummary({ p50, p90, p99 }: Summary): string {
  return [p50, p90, p99].map(formatMs).join(" / ");
}

function formatMs(durationMs: number): string {
  return durationMs.toFixed(durationMs < 100 ? 1 : 0);
}

export function formatLoad(load: Load): string {
  return load.map((average) => average.toFixed(2)).join(" ");
}

function formatGib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
