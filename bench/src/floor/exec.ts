import { WebSocket } from "ws";
import type { BareOperation, BareRest } from "./rest.ts";

export interface BareExecOptions {
  /** Default: stdin is ended at once. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Default: the output is kept. */
  readonly onOutput?: (stream: "stdout" | "stderr", data: Buffer) => void;
}

export interface BareExecResult {
  readonly exitCode: number;
  readonly stdout: string;
}

/** POST exec as root, three websockets, the operation's end: what any client of this API has to do to get output and an exit code. */
export async function execBare(
  rest: BareRest,
  instance: string,
  command: readonly string[],
  { stdin, onOutput }: BareExecOptions = {},
): Promise<BareExecResult> {
  const { operation, metadata } = await rest.request<BareOperation>(
    "POST",
    `/1.0/instances/${instance}/exec`,
    {
      command,
      user: 0,
      group: 0,
      cwd: "/root",
      environment: { HOME: "/root", USER: "root" },
      interactive: false,
      "wait-for-websocket": true,
    },
  );
  const fds = metadata.metadata?.fds ?? {};
  const connect = (fd: string): WebSocket =>
    new WebSocket(`ws+unix://${rest.socketPath}:${operation}/websocket?secret=${fds[fd]}`, {
      perMessageDeflate: false,
    });
  const kept: Buffer[] = [];
  const take = (stream: "stdout" | "stderr", data: Buffer): void => {
    if (onOutput !== undefined) onOutput(stream, data);
    else if (stream === "stdout") kept.push(data);
  };
  const input = connect("0");
  const [, , ended] = await Promise.all([
    readAll(connect("1"), (data) => take("stdout", data)),
    readAll(connect("2"), (data) => take("stderr", data)),
    rest.request<BareOperation>("GET", `${operation}/wait`),
    writeAll(input, stdin),
  ]);
  input.terminate();
  return {
    exitCode: ended.metadata.metadata?.return ?? -1,
    stdout: Buffer.concat(kept).toString(),
  };
}

/** To the empty text frame that ends a stream. */
function readAll(socket: WebSocket, onData: (data: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => resolve());
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) onData(data);
      else {
        resolve();
        socket.terminate();
      }
    });
  });
}

async function writeAll(socket: WebSocket, source: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  if (source !== undefined) for await (const data of source) socket.send(data, { binary: true });
  socket.send("", { binary: false });
}
