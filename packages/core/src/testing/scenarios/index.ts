import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";
import { cancellation } from "./cancellation.ts";
import { changes } from "./changes.ts";
import { clones } from "./clones.ts";
import { environment } from "./environment.ts";
import { errors } from "./errors.ts";
import { exec } from "./exec.ts";
import { files } from "./files.ts";
import { jobs } from "./jobs.ts";
import { lifecycle } from "./lifecycle.ts";
import { optional } from "./optional.ts";
import { preparation } from "./preparation.ts";
import { processes } from "./processes.ts";
import { snapshots } from "./snapshots.ts";
import { streams } from "./streams.ts";
import { terminals } from "./terminals.ts";

/** The proof of every rule. A rule without one does not compile. */
export const scenarios: Readonly<Record<RequirementId, Scenario>> = {
  ...lifecycle,
  ...changes,
  ...exec,
  ...streams,
  ...environment,
  ...processes,
  ...terminals,
  ...cancellation,
  ...errors,
  ...snapshots,
  ...clones,
  ...preparation,
  ...files,
  ...jobs,
  ...optional,
};
