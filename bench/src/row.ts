import type { Testbed } from "@pixels/testbed";
import type { BareRest } from "./floor/rest.ts";
import type { Bounds } from "./statistics.ts";

/** What all rows share. */
export interface Stage {
  readonly testbed: Testbed;
  /** Bare requests to the testbed's daemon. */
  readonly rest: BareRest;
  readonly image: string;
  readonly signal: AbortSignal;
}

/** One side of a comparison: what is timed; it may give what has to be undone afterwards, untimed. */
export type Contestant = () => Promise<(() => Promise<void>) | undefined>;

/** A row that is ready to be measured; disposing it removes what it made. */
export interface OpenedRow extends AsyncDisposable {
  readonly floor: Contestant;
  readonly subject: Contestant;
  /** Before every timed call, untimed: resolves once neither side has anything left to do. */
  readonly settle?: () => Promise<void>;
  /** Throws where what was measured did not do what the row says; gives facts for the report. */
  readonly check?: () => Promise<string>;
}

/** A line of the table. */
export interface Row {
  readonly name: string;
  /** What is measured. */
  readonly title: string;
  /** What it is measured against. */
  readonly against: string;
  readonly bounds?: Bounds;
  readonly warmUps: number;
  open(stage: Stage): Promise<OpenedRow>;
}
