import type { CallOptions, SandboxName } from "@pixels/core";
import { abortable, toInstanceName } from "@pixels/core/backend";
import type { IncusApi } from "../rest/api.ts";
import { IncusConnectionError } from "../rest/errors.ts";
import { SftpSession } from "./session.ts";

/** They are closed this long after the last use: each is a process on the server's machine, and a snapshot that somebody else takes waits for it. */
const IDLE_MS = 2000;

/** A use of a connection; as long as there is one, it is not closed for want of use, and keeps this process from ending. */
export interface SftpLease extends Disposable {
  readonly session: SftpSession;
}

/** SFTP connections, one a sandbox: opening one takes forty milliseconds, a request over it less than one. */
export interface SftpSessions extends AsyncDisposable {
  borrow(name: SandboxName, options: CallOptions): Promise<SftpLease>;
  /** Closes the sandbox's, as before it is stopped or its files are changed from outside. */
  close(name: SandboxName): void;
  /** The same, and resolves when the server has noticed: a start before that waits a whole second for it (Incus 6.0.4). */
  finish(name: SandboxName): Promise<void>;
  /**
   * As before a snapshot, which waits until nobody is connected (Incus 6.0.4): closes the sandbox's where nobody uses it, else once nobody does any
   * more. Who comes later gets a new one.
   */
  retire(name: SandboxName): Promise<void>;
}

export function createSftpSessions(api: IncusApi): SftpSessions {
  const connections = new Map<SandboxName, Connection>();

  function find(name: SandboxName): Connection {
    const known = connections.get(name);
    if (known?.usable === true) return known;
    known?.end();
    const connection = new Connection(openSession(api, name));
    connections.set(name, connection);
    return connection;
  }

  return {
    borrow: (name, options) => find(name).borrow(options),

    close(name) {
      connections.get(name)?.end();
      connections.delete(name);
    },

    async finish(name) {
      const connection = connections.get(name);
      connections.delete(name);
      await connection?.finish();
    },

    async retire(name) {
      const connection = connections.get(name);
      connections.delete(name);
      await connection?.retire();
    },

    async [Symbol.asyncDispose]() {
      for (const name of connections.keys()) this.close(name);
    },
  };
}

/**
 * The server's process for files ends some fifteen seconds after its last connection, and cuts off who connects at that very moment (Incus 6.0.4:
 * forkfile). Nothing was asked by then, so that a second go, which gets a new process, can do no harm.
 */
async function openSession(api: IncusApi, name: SandboxName): Promise<SftpSession> {
  const open = async (): Promise<SftpSession> =>
    await SftpSession.open(await api.instanceSftp.connect(toInstanceName(name)), {});
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof IncusConnectionError) || error.errno !== "ECONNRESET") throw error;
    return await open();
  }
}

class Connection {
  // opened without anybody's signal: whoever comes while it is being opened shares it
  readonly #opening: Promise<SftpSession>;
  #session: SftpSession | undefined;
  #ended = false;
  #retired = false;
  #uses = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(opening: Promise<SftpSession>) {
    this.#opening = opening;
    opening.then(
      (session) => {
        this.#session = session;
        if (this.#ended) session.end();
      },
      () => {
        this.#ended = true;
      },
    );
  }

  get usable(): boolean {
    return !this.#ended && (this.#session === undefined || this.#session.alive);
  }

  async borrow({ signal }: CallOptions): Promise<SftpLease> {
    clearTimeout(this.#timer);
    this.#uses++;
    let session: SftpSession;
    try {
      session = await abortable(this.#opening, signal);
    } catch (error) {
      this.#release();
      throw error;
    }
    session.setReferenced(true);
    let released = false;
    return {
      session,
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        this.#release();
      },
    };
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#ended = true;
    this.#session?.end();
  }

  async retire(): Promise<void> {
    this.#retired = true;
    if (this.#uses === 0) await this.finish();
  }

  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    this.#ended = true;
    await this.#session?.finish();
  }

  #release(): void {
    this.#uses--;
    if (this.#uses > 0 || this.#ended) return;
    if (this.#retired) {
      this.end();
      return;
    }
    this.#session?.setReferenced(false);
    this.#timer = setTimeout(() => this.end(), IDLE_MS).unref();
  }
}
