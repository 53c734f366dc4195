#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { PixelsError } from "@pixels/core";
import { startTestbed, TESTBED_IMAGE } from "@pixels/testbed";
import { openBareRest } from "./floor/rest.ts";
import { readLoad, readMachine, readVersions } from "./machine.ts";
import { measure } from "./measure.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { type BenchReport, formatLoad, renderTable, type RowResult } from "./report.ts";
import { writeResults } from "./results.ts";
import type { Row, Stage } from "./row.ts";
import { rows } from "./rows.ts";
import { compare, MIN_PAIRS } from "./statistics.ts";

const resultsFolder = fileURLToPath(new URL("../results", import.meta.url));

const usage = `pnpm bench [row…] [--pairs <n>] [--out <folder>]

Rows: ${rows.map(({ name }) => name).join(", ")}; all of them by default.
--pairs  measurements of each side, default ${MIN_PAIRS}; fewer give no verdict
--out    where the results go, default bench/results, which takes runs of at least ${MIN_PAIRS} pairs only
`;

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(
    args,
    rows.map(({ name }) => name),
  );
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const abort = new AbortController();
  const onSignal = () => abort.abort(new Error("interrupted"));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const report = await runBench(options, abort.signal);
  process.stdout.write(`\n${renderTable(report.rows)}\n\n`);
  const folder = options.out ?? (options.pairs < MIN_PAIRS ? undefined : resultsFolder);
  if (folder !== undefined)
    say(`wrote ${await writeResults(report, { folder, names: options.names })}.json and .md`);
  return report.rows.some(({ verdict }) => verdict === "red") ? 1 : 0;
}

async function runBench({ pairs, names }: BenchOptions, signal: AbortSignal): Promise<BenchReport> {
  const startedAt = new Date().toISOString();
  const loadBefore = readLoad();
  await using testbed = await startTestbed({ signal, onProgress: say });
  const rest = openBareRest(testbed.socketPath);
  try {
    const stage: Stage = { testbed, rest, image: TESTBED_IMAGE, signal };
    const machine = await readMachine();
    const versions = await readVersions(rest);
    const results: RowResult[] = [];
    for (const row of rows)
      if (names.length === 0 || names.includes(row.name)) results.push(await runRow(row, stage, pairs));
    return {
      startedAt,
      command: ["pnpm bench", ...names, `--pairs ${pairs}`].join(" "),
      machine,
      versions,
      loadBefore,
      loadAfter: readLoad(),
      rows: results,
    };
  } finally {
    rest.close();
  }
}

async function runRow(row: Row, stage: Stage, pairs: number): Promise<RowResult> {
  const { name, title, against, bounds, warmUps } = row;
  say(`${name}: ${title}, against ${against}`);
  await using opened = await row.open(stage);
  const facts = await opened.check?.();
  const loadBefore = readLoad();
  const measured = await measure(opened, { pairs, warmUps, signal: stage.signal });
  const loadAfter = readLoad();
  const comparison = compare(measured, bounds);
  say(
    `${name}: ratio ${comparison.ratio.toFixed(2)}, ${comparison.verdict}; load ${formatLoad(loadBefore)} before, ${formatLoad(loadAfter)} after`,
  );
  return { name, title, against, ...comparison, loadBefore, loadAfter, facts };
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const next = PixelsError.is(error) && error.next !== undefined ? `; ${error.next}` : "";
  say(`${error instanceof Error ? error.message : String(error)}${next}`);
  process.exitCode = 2;
}
