import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BenchReport, renderMarkdown } from "./report.ts";

/** Writes `<date>-<machine>[-<rows>].json` and `.md`, in place of those of an earlier run of the day; gives the path without its ending. */
export async function writeResults(
  report: BenchReport,
  { folder, names }: { readonly folder: string; readonly names: readonly string[] },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const parts = [report.startedAt.slice(0, 10), report.machine.kind, ...names];
  const path = join(folder, parts.join("-"));
  await writeFile(`${path}.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(`${path}.md`, renderMarkdown(report));
  return path;
}
