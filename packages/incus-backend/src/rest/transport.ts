import { type ClientRequest, IncomingMessage, request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BackendProtocolError, type CallOptions } from "@pixels/core";
import { abortable, parseBody } from "@pixels/core/backend";
import type { WebSocket } from "ws";
import type { Endpoint } from "./endpoint.ts";
import { IncusApiError, IncusConnectionError } from "./errors.ts";
import { loadWebSocket } from "./web-socket.ts";
import { type Envelope, envelopeSchema } from "./schemas.ts";

export interface RequestOptions extends CallOptions {
  /** Sent as JSON; a stream is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer may take as long as it likes. */
  readonly patient?: boolean;
}

const ANSWER_TIMEOUT_MS = 60_000;

export interface IncusResponse {
  readonly envelope: Envelope;
  readonly etag: string | undefined;
}

export interface WebSocketOptions {
  /**
   * Incus pings each websocket. Of events it wants answers, and closes a listener that gives none; in an exec it wants none, and an answer
   * that is written when the command is over and the server has closed its end fails, and takes with it what was received and not yet read.
   * Default true.
   */
  readonly answerPings?: boolean;
}

/** Bytes between us and one daemon. */
export interface IncusTransport extends AsyncDisposable {
  /** Rejects with `IncusApiError` for an answer of type error, `IncusConnectionError` without an answer, the signal's reason when aborted. */
  request(method: string, path: string, options?: RequestOptions): Promise<IncusResponse>;
  /**
   * Websockets that are being opened, one a path: all of them or none, and none has said anything yet. Their errors must be listened to.
   */
  openWebSockets<const Paths extends readonly string[]>(
    paths: Paths,
    options?: WebSocketOptions,
  ): Promise<{ -readonly [Index in keyof Paths]: WebSocket }>;
  /** A connection that speaks another protocol from here on. Rejects as `request` does. */
  upgrade(path: string, protocol: string, options?: CallOptions): Promise<Socket>;
  /** Whether an open websocket keeps this process from ending; it does at first. */
  setReferenced(socket: WebSocket, referenced: boolean): void;
  /** It was disposed. */
  readonly closed: boolean;
}

/** What holds for every request. */
export interface TransportOptions {
  /** Milliseconds that a daemon may say nothing for before it counts as one that does not answer. Default 60,000. */
  readonly answerTimeoutMs?: number;
  /** The project that every request is about. Default: the server's default project. */
  readonly project?: string;
}

/** HTTP/1.1 to one daemon (Incus: doc/rest-api). */
export function createTransport(
  endpoint: Endpoint,
  { answerTimeoutMs = ANSWER_TIMEOUT_MS, project }: TransportOptions = {},
): IncusTransport {
  const sockets = new Map<WebSocket, Socket>();
  const upgraded = new Set<Socket>();
  let closed = false;
  const inProject = (path: string): string => (project === undefined ? path : addProject(path, project));
  return {
    async request(method, path, { body, headers = {}, patient = false, signal } = {}) {
      signal?.throwIfAborted();
      const name = `${method} ${path.split("?")[0]}`;
      try {
        const response = await send({
          endpoint,
          method,
          path: inProject(path),
          body,
          headers,
          timeoutMs: patient ? 0 : answerTimeoutMs,
          signal,
        });
        return await readResponse(response, name);
      } catch (error) {
        signal?.throwIfAborted();
        throw toConnectionError(error, name);
      }
    },

    async openWebSockets(paths, { answerPings = true } = {}) {
      const library = await loadWebSocket();
      // nothing may come between them and what listens to their errors
      const connections = await connectEach(endpoint, paths.length);
      const opened = paths.map((path, index) => {
        const connection = connections[index] as Socket;
        const socket = new library.WebSocket(`ws://incus${inProject(path)}`, {
          createConnection: () => connection,
          perMessageDeflate: false,
          autoPong: answerPings,
          maxPayload: 0,
          skipUTF8Validation: true,
        });
        sockets.set(socket, connection);
        socket.once("close", () => sockets.delete(socket));
        return socket;
      });
      return opened as { -readonly [Index in keyof typeof paths]: WebSocket };
    },

    async upgrade(path, protocol, { signal } = {}) {
      signal?.throwIfAborted();
      const name = `GET ${path}`;
      try {
        const socket = await upgrade({ endpoint, path: inProject(path), protocol, signal }, name);
        upgraded.add(socket);
        socket.once("close", () => upgraded.delete(socket));
        return socket;
      } catch (error) {
        signal?.throwIfAborted();
        throw toConnectionError(error, name);
      }
    },

    setReferenced(socket, referenced) {
      if (referenced) sockets.get(socket)?.ref();
      else sockets.get(socket)?.unref();
    },

    get closed() {
      return closed;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      for (const socket of sockets.keys()) socket.terminate();
      for (const socket of upgraded) socket.destroy();
      endpoint.destroy();
    },
  };
}

interface SendOptions extends RequestOptions {
  /** 0: none. */
  readonly timeoutMs: number;
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
}

/** An idle connection that the daemon has closed shows only when it is used again; nothing was received over it, so the request is repeated. */
async function send(options: SendOptions): Promise<IncomingMessage> {
  for (;;) {
    const { request, response } = open(options);
    try {
      return await response;
    } catch (error) {
      const repeatable =
        request.reusedSocket &&
        !isReadable(options.body) &&
        ((options.endpoint.tellsUnread && isUnread(error)) || (options.method === "GET" && isReset(error)));
      if (!repeatable || options.signal?.aborted) throw error;
    }
  }
}

interface OpenRequest {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
}

function open({ endpoint, method, path, body, headers, timeoutMs, signal }: SendOptions): OpenRequest {
  const stream = isReadable(body) ? body : undefined;
  const payload = stream === undefined && body !== undefined ? Buffer.from(JSON.stringify(body)) : undefined;
  const request = httpRequest({
    ...endpoint.requestOptions(),
    method,
    path,
    signal,
    headers: {
      host: "incus",
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": payload.length }),
      ...headers,
    },
  });
  if (timeoutMs > 0)
    request.setTimeout(timeoutMs, () =>
      request.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
    );
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  if (stream === undefined) {
    request.end(payload);
    return { request, response };
  }
  return { request, response: Promise.all([response, pipeline(stream, request)]).then(([first]) => first) };
}

interface UpgradeOptions extends CallOptions {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly protocol: string;
}

async function upgrade({ endpoint, path, protocol, signal }: UpgradeOptions, name: string): Promise<Socket> {
  const headers = { host: "incus", connection: "Upgrade", upgrade: protocol };
  const connection = await connectOne(endpoint, { signal });
  const request = httpRequest({ createConnection: () => connection, path, headers, signal });
  const answer = await new Promise<Socket | IncomingMessage>((resolve, reject) => {
    request.once("upgrade", (_response, socket: Socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("response", resolve);
    request.once("error", reject);
    request.end();
  });
  if (!(answer instanceof IncomingMessage)) return answer;
  try {
    await readResponse(answer, name);
  } finally {
    // node:http takes a request that asks for an upgrade for one that keeps its connection
    connection.destroy();
  }
  throw new BackendProtocolError(`the answer to ${name} is no change of protocol`);
}

async function connectOne(endpoint: Endpoint, { signal }: CallOptions): Promise<Socket> {
  const connecting = endpoint.connect();
  try {
    return await abortable(connecting, signal);
  } catch (error) {
    destroyOnceOpen(connecting);
    throw error;
  }
}

/** As many connections, or none. */
async function connectEach(endpoint: Endpoint, count: number): Promise<readonly Socket[]> {
  const connecting = Array.from({ length: count }, () => endpoint.connect());
  try {
    const connections = await Promise.all(connecting);
    if (connections.some(({ destroyed }) => destroyed))
      throw new IncusConnectionError("connect", "ECONNRESET", undefined);
    return connections;
  } catch (error) {
    for (const one of connecting) destroyOnceOpen(one);
    throw error;
  }
}

function destroyOnceOpen(connecting: Promise<Socket>): void {
  connecting.then(
    (socket) => socket.destroy(),
    () => {},
  );
}

/** An operation's path may name its project already. */
function addProject(path: string, project: string): string {
  if (/[?&]project=/.test(path)) return path;
  return `${path}${path.includes("?") ? "&" : "?"}project=${encodeURIComponent(project)}`;
}

/**
 * The system says so, rather than node:http, which calls an end without an answer a reset as well: the other end of the unix socket was closed before the
 * request was read, so that nothing can have come of it.
 */
function isUnread(error: unknown): boolean {
  return isReset(error) && "syscall" in (error as object);
}

function isReset(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

async function readResponse(response: IncomingMessage, name: string): Promise<IncusResponse> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  const envelope = parseBody(envelopeSchema, parseJson(text), `the answer to ${name}`);
  if (envelope.type === "error")
    throw new IncusApiError(name, envelope.error_code ?? response.statusCode ?? 500, envelope.error ?? "");
  return { envelope, etag: response.headers.etag };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isReadable(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && "pipe" in body;
}

/** Errors of sockets become ours; everything else stays what it is. */
export function toConnectionError(error: unknown, name: string): unknown {
  if (!(error instanceof Error)) return error;
  // several addresses tried: the first error stands for all
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = typeof first === "object" && first !== null && "code" in first ? first.code : undefined;
  return typeof code === "string" && /^E[A-Z]+$/.test(code)
    ? new IncusConnectionError(name, code, error)
    : error;
}
