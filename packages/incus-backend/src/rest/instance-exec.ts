import type { CallOptions, TerminalSize } from "@pixels/core";
import { BackendProtocolError } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { WebSocket } from "ws";
import { operationPath } from "./operations.ts";
import type { IncusTransport } from "./transport.ts";
import { preloadWebSocket } from "./web-socket.ts";

export interface ExecBody {
  readonly command: readonly string[];
  readonly user?: number;
  readonly group?: number;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** An exec that waits for its websockets; it gives up after five seconds (Incus: doc/rest-api, instance exec). */
export interface OpenedExec {
  /** For `operations.wait`, which must be called at once: an ended operation can be read for five seconds only. */
  readonly operation: string;
  readonly stdin: WebSocket;
  readonly stdout: WebSocket;
  readonly stderr: WebSocket;
}

/** An exec on a terminal; it gives up after five seconds too. */
export interface OpenedTerminal {
  /** As that of `OpenedExec`. It does not end before `data` is closed here. */
  readonly operation: string;
  /** Both directions, in binary frames; a text frame is the end of the one that it comes in. */
  readonly data: WebSocket;
  /** Losing it has the server kill the command. */
  readonly control: WebSocket;
}

/** /1.0/instances/{name}/exec */
export interface IncusInstanceExec {
  /** Starts a command with separate streams. Its stdin takes binary frames; a text frame is the end of it. */
  open(name: string, body: ExecBody, options?: CallOptions): Promise<OpenedExec>;
  /** Starts a command that leads a session on a terminal of its own. */
  openTerminal(
    name: string,
    body: ExecBody,
    options: CallOptions & { readonly size: TerminalSize },
  ): Promise<OpenedTerminal>;
  /** Starts a command without streams; gives the operation, whose `metadata.return` is the exit code. */
  run(name: string, body: ExecBody, options?: CallOptions): Promise<string>;
}

const streamsSchema = v.object({
  metadata: v.object({ fds: v.object({ 0: v.string(), 1: v.string(), 2: v.string() }) }),
});

const terminalSchema = v.object({
  metadata: v.object({ fds: v.object({ 0: v.string(), control: v.string() }) }),
});

/** For the control websocket of a terminal, in a frame of its own. */
export function toResize({ columns, rows }: TerminalSize): string {
  return JSON.stringify({
    command: "window-resize",
    args: { width: String(columns), height: String(rows) },
  });
}

export function createInstanceExec(transport: IncusTransport): IncusInstanceExec {
  async function post(name: string, body: object, options?: CallOptions) {
    const { envelope } = await transport.request("POST", `/1.0/instances/${name}/exec`, { ...options, body });
    if (envelope.operation === undefined)
      throw new BackendProtocolError(`the exec in instance ${name} has no operation`);
    return { operation: envelope.operation, metadata: envelope.metadata };
  }

  return {
    async open(name, body, options) {
      const posting = post(name, { ...body, "wait-for-websocket": true, interactive: false }, options);
      preloadWebSocket();
      const { operation, metadata } = await posting;
      const { fds } = parseBody(streamsSchema, metadata, "the exec's operation").metadata;
      const paths = [fds[0], fds[1], fds[2]].map((secret) => socketPath(operation, secret)) as [
        string,
        string,
        string,
      ];
      const [stdin, stdout, stderr] = await transport.openWebSockets(paths, { answerPings: false });
      return { operation, stdin, stdout, stderr };
    },

    async openTerminal(name, body, { size, signal }) {
      const { columns: width, rows: height } = size;
      const terminal = { "wait-for-websocket": true, interactive: true, width, height };
      const posting = post(name, { ...body, ...terminal }, { signal });
      preloadWebSocket();
      const { operation, metadata } = await posting;
      const { fds } = parseBody(terminalSchema, metadata, "the exec's operation").metadata;
      const paths = [socketPath(operation, fds[0]), socketPath(operation, fds.control)] as const;
      const [data, control] = await transport.openWebSockets(paths, { answerPings: false });
      return { operation, data, control };
    },

    async run(name, body, options) {
      return (await post(name, { ...body, "wait-for-websocket": false, interactive: false }, options))
        .operation;
    },
  };
}

function socketPath(operation: string, secret: string): string {
  return operationPath(operation, "/websocket", `secret=${encodeURIComponent(secret)}`);
}
