import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { type CallOptions, ConnectionLostError, InvalidArgumentError, type Sandbox } from "@pixels/core";
import { OutputClosedError } from "./failure.ts";
import { describePort, relayPort } from "./forward-relay.ts";

const STDOUT = 1;

export interface Stdio {
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/**
 * Joins this process's stdin and stdout with a port of the sandbox until both directions have ended. Rejects as `relayPort` does, with
 * CONNECTION_LOST where the other side breaks it off, and with an `OutputClosedError`.
 */
export async function relayStdio(
  sandbox: Sandbox,
  port: number,
  { stdin, stdout, signal }: Stdio & Required<CallOptions>,
): Promise<void> {
  const lost = new AbortController();
  stdout.once("error", () => lost.abort(new OutputClosedError("the output is closed")));
  stdin.once("error", (error) =>
    lost.abort(
      new InvalidArgumentError(`stdin cannot be read: ${error.message}`, {
        cause: error,
        next: "give it a pipe, a socket or a file",
      }),
    ),
  );
  try {
    const outcome = await relayPort(sandbox, port, {
      input: stdin,
      output: stdout,
      endOutput: closeStdout,
      signal: AbortSignal.any([signal, lost.signal]),
    });
    if (outcome === "reset")
      throw new ConnectionLostError(`${describePort(sandbox, port)} broke the connection off`, {
        next: "connect again",
        context: { sandbox: sandbox.name, port },
      });
  } finally {
    // an open pipe or terminal would keep this process alive
    stdin.destroy();
  }
}

/** Node.js never closes its stdout, and a reader waits for that. Something has to be there, or the next file that is opened would be. */
function closeStdout(): void {
  closeSync(STDOUT);
  openSync("/dev/null", "w");
}
