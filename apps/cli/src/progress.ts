import type { WriteStream } from "node:tty";

const frames = ["|", "/", "-", "\\"];
const FRAME_MS = 100;
const DEFAULT_COLUMNS = 80;
const LINE_STEP_PERCENT = 10;
const CLEAR_LINE = "\r\u001B[K";

/** Tells people how far a call is. Disposing it takes a spinner away. */
export interface Progress extends Disposable {
  readonly onProgress: (phase: string, percent?: number) => void;
}

export interface ProgressOptions {
  readonly stream: WriteStream;
  /** What is going on, such as `create dev`. */
  readonly label: string;
  readonly silent: boolean;
  /** Where TERM is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A spinner with the phase on a terminal, a line for each phase anywhere else. */
export function showProgress({ stream, label, silent, env }: ProgressOptions): Progress {
  if (silent) return { onProgress() {}, [Symbol.dispose]() {} };
  if (!stream.isTTY || env["TERM"] === "dumb") return showLines(stream, label);
  let text = label;
  let turn = 0;
  let ended = false;
  const draw = (): void => {
    if (ended) return;
    const line = `${frames[turn++ % frames.length]} ${text}`;
    // a line that wraps could not be taken back; a terminal that does not know its width says 0
    stream.write(`${CLEAR_LINE}${line.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1)}`);
  };
  const timer = setInterval(draw, FRAME_MS).unref();
  return {
    onProgress(phase, percent) {
      text = `${label}: ${describe(phase, percent)}`;
      draw();
    },
    [Symbol.dispose]() {
      if (!ended) stream.write(CLEAR_LINE);
      ended = true;
      clearInterval(timer);
    },
  };
}

/** A line for each phase, and within one for each tenth of it. */
function showLines(stream: WriteStream, label: string): Progress {
  let last = "";
  return {
    onProgress(phase, percent) {
      const step = percent === undefined ? phase : `${phase} ${Math.floor(percent / LINE_STEP_PERCENT)}`;
      if (step !== last) stream.write(`${label}: ${describe(phase, percent)}\n`);
      last = step;
    },
    [Symbol.dispose]() {},
  };
}

function describe(phase: string, percent: number | undefined): string {
  return percent === undefined ? phase : `${phase} ${Math.round(percent)} %`;
}
