import type { Row } from "./row.ts";
import { commandIncusRow, commandRow, versionRow } from "./rows/command.ts";
import { createRow } from "./rows/create.ts";
import { execBurstRow, execRow, execSpareRow } from "./rows/exec.ts";
import { pullRow, pushRow, readRow, writeInPlaceRow, writeRow } from "./rows/files.ts";
import { jobAnswerRow, jobStartRow } from "./rows/jobs.ts";
import { listRow } from "./rows/list.ts";
import { checkpointRow, cloneRow } from "./rows/snapshots.ts";

/** The table, in its order. */
export const rows: readonly Row[] = [
  createRow,
  execRow,
  execSpareRow,
  execBurstRow,
  jobStartRow,
  jobAnswerRow,
  listRow,
  commandRow,
  commandIncusRow,
  versionRow,
  cloneRow,
  checkpointRow,
  readRow,
  writeRow,
  writeInPlaceRow,
  pushRow,
  pullRow,
];
