import type { OutputSink } from "./exec-output.ts";

const ENTER = "\u001B[?1049h";
const LEAVE = "\u001B[?1049l";
/** Reports of keys, clicks and focus, and pasted text in brackets. */
const reports = [1000, 1002, 1003, 1004, 1006, 2004].map((mode) => `\u001B[?${mode}l`).join("");
/** Colours, cursor and its keys as they are at first. */
const RESET = `\u001B[0m\u001B[?25h\u001B[?1l\u001B>${reports}`;

/** What goes through to a terminal, and the way back from what a program that was killed has left it in. */
export interface WatchedScreen {
  readonly sink: OutputSink;
  /** Does nothing to what is no terminal. */
  reset(stream: { readonly isTTY: boolean; write(text: string): unknown }): void;
}

/** Passes everything on, and remembers whether a program has taken the other screen, from which only those who are on it may be brought back: the cursor moves. */
export function watchScreen(sink: OutputSink): WatchedScreen {
  let isOther = false;
  let tail = Buffer.alloc(0);
  return {
    sink: {
      take(stream, data) {
        const seen = Buffer.concat([tail, data]);
        const entered = seen.lastIndexOf(ENTER);
        const left = seen.lastIndexOf(LEAVE);
        if (entered !== left) isOther = entered > left;
        tail = seen.subarray(-ENTER.length + 1);
        return sink.take(stream, data);
      },
    },
    reset(stream) {
      if (stream.isTTY) stream.write(isOther ? RESET + LEAVE : RESET);
    },
  };
}
