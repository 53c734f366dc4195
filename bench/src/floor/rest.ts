import { Agent, request } from "node:http";

/** An answer as the server sent it. The floor trusts the server: it checks no shapes. */
export interface BareAnswer<T> {
  readonly type: string;
  readonly error: string;
  readonly operation: string;
  readonly metadata: T;
}

/** An operation, as far as the floors read it. */
export interface BareOperation {
  readonly status_code: number;
  readonly err: string;
  readonly metadata: { readonly return?: number; readonly fds?: Readonly<Record<string, string>> } | null;
}

/** Requests to one daemon by node:http over a kept connection, and nothing more. */
export interface BareRest {
  readonly socketPath: string;
  /** Rejects where the answer is an error. */
  request<T>(method: string, path: string, body?: unknown): Promise<BareAnswer<T>>;
  /** A request whose answer is an operation, and the wait for its end. Rejects where it fails. */
  operate(method: string, path: string, body?: unknown): Promise<void>;
  close(): void;
}

export function openBareRest(socketPath: string): BareRest {
  const agent = new Agent({ keepAlive: true });
  const rest: BareRest = {
    socketPath,
    async request<T>(method: string, path: string, body?: unknown) {
      const answer = JSON.parse(await send({ agent, socketPath, method, path, body })) as BareAnswer<T>;
      if (answer.type === "error") throw new Error(`${method} ${path}: ${answer.error}`);
      return answer;
    },
    async operate(method, path, body) {
      const { operation } = await rest.request(method, path, body);
      const { metadata } = await rest.request<BareOperation>("GET", `${operation}/wait`);
      if (metadata.status_code !== 200) throw new Error(`${method} ${path}: ${metadata.err}`);
    },
    close() {
      agent.destroy();
    },
  };
  return rest;
}

interface SendOptions {
  readonly agent: Agent;
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

function send({ agent, socketPath, method, path, body }: SendOptions): Promise<string> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    payload === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, socketPath, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("end", () => resolve(Buffer.concat(parts).toString()));
      response.once("error", reject);
    });
    sent.once("error", reject);
    sent.end(payload);
  });
}
