import { expect, test } from "vitest";
import { type BenchReport, renderMarkdown, renderTable, type RowResult } from "./report.ts";
import { compare } from "./statistics.ts";

const row: RowResult = {
  ...compare([{ floorMs: 10, subjectMs: 12 }], { median: 1.3 }),
  name: "exec",
  title: "one command",
  against: "the same by hand",
  loadBefore: [0.5, 0, 0],
  loadAfter: [1, 0, 0],
  facts: "one request",
};

const report: BenchReport = {
  startedAt: "2026-01-02T03:04:05.000Z",
  command: "pnpm bench exec",
  machine: { kind: "debian-12-x64-2cpu", cpuModel: "A CPU", cores: 2, memoryBytes: 2 ** 34 },
  versions: { node: "20.20.2", incus: "6.0.4", storage: "dir", kernel: "6.1", commit: "abc" },
  loadBefore: [0.5, 0.4, 0.3],
  loadAfter: [1, 1, 1],
  rows: [row],
};

test("the table has a line a row under aligned heads", () => {
  const [head = "", line = ""] = renderTable([row, { ...row, name: "a-longer-name" }]).split("\n");
  expect(line).toMatch(/^exec +10\.0 \/ 10\.0 \/ 10\.0 +12\.0 \/ 12\.0 \/ 12\.0 +1\.20 +1\.20 +1\.3 /);
  expect(line.indexOf("too few pairs")).toBe(head.indexOf("verdict"));
});

test("the file says where, what and how, and what each floor is", () => {
  const text = renderMarkdown(report);
  for (const part of [
    "`pnpm bench exec`",
    "A CPU, 2 cores, 16.0 GiB",
    "commit abc, Node 20.20.2, Incus 6.0.4 (storage: dir), kernel 6.1",
    "0.50 0.40 0.30 before, 1.00 1.00 1.00 after",
    "- `exec`: one command. Floor: the same by hand. Checked: one request.",
  ])
    expect(text).toContain(part);
});
