import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BackendProtocolError, type CallOptions, type FileOwner } from "@pixels/core";
import { abortable } from "@pixels/core/backend";
import { IncusConnectionError } from "../rest/errors.ts";
import {
  packetTypes,
  PacketReader,
  PacketSplitter,
  PacketWriter,
  type SftpAttributes,
  statusCodes,
} from "./wire.ts";

const VERSION = 3;
/** The server answers the end of a connection in less than a millisecond. */
const FINISH_TIMEOUT_MS = 2000;
/**
 * After that it tells its process for files, and nobody when that has noticed. A start or a snapshot that comes before waits a whole second.
 */
const NOTICE_MS = 10;
const REQUEST = "GET …/sftp";

/** The server's refusal of one request; its text is the system's own. */
export class SftpStatusError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = new.target.name;
    this.status = status;
  }
}

export interface SftpEntry {
  readonly name: string;
  readonly attributes: SftpAttributes;
}

/** An open file or directory. */
export type SftpHandle = Buffer & { readonly handle: unique symbol };

interface Pending {
  resolve(packet: PacketReader): void;
  reject(error: Error): void;
}

/**
 * One SFTP connection (version 3, with posix-rename@openssh.com). Requests may be made without waiting for the answers to others: the server
 * (github.com/pkg/sftp) answers in order, and closes a file after what was asked of it before. Rejects with SftpStatusError, and with
 * IncusConnectionError once the connection is gone.
 */
export class SftpSession {
  readonly #socket: Socket;
  readonly #splitter = new PacketSplitter();
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #version: Pending | undefined;
  #closed = false;

  /** Resolves once the server has said its version. */
  static async open(socket: Socket, { signal }: CallOptions): Promise<SftpSession> {
    const session = new SftpSession(socket);
    try {
      await abortable(session.#init(), signal);
      return session;
    } catch (error) {
      session.end();
      throw error;
    }
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#receive(data));
    socket.on("error", () => {});
    socket.once("close", () => this.#fail(new IncusConnectionError(REQUEST, "ECONNRESET", undefined)));
  }

  get alive(): boolean {
    return !this.#closed;
  }

  /** Whether it keeps this process from ending. */
  setReferenced(referenced: boolean): void {
    if (referenced) this.#socket.ref();
    else this.#socket.unref();
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Ends it, and resolves when the server has noticed, or does not say so for a while. */
  async finish(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once("close", resolve);
    });
    this.#socket.setTimeout(FINISH_TIMEOUT_MS, () => this.end());
    this.#socket.end();
    await closed;
    await sleep(NOTICE_MS);
  }

  /** The server gives a new file mode 0644, whatever is asked. */
  async open(path: string, flags: number, { signal }: CallOptions): Promise<SftpHandle> {
    const packet = this.#start(packetTypes.open).string(path).uint32(flags).noAttributes();
    return await this.#orClose(this.#request(packet).then(toHandle), signal);
  }

  async opendir(path: string, { signal }: CallOptions): Promise<SftpHandle> {
    const packet = this.#start(packetTypes.opendir).string(path);
    return await this.#orClose(this.#request(packet).then(toHandle), signal);
  }

  async close(handle: SftpHandle): Promise<void> {
    await this.#request(this.#start(packetTypes.close).string(handle));
  }

  /** At most `length` bytes, perhaps fewer; undefined at the end of the file. */
  async read(handle: SftpHandle, offset: number, length: number): Promise<Buffer | undefined> {
    const packet = this.#start(packetTypes.read).string(handle).uint64(offset).uint32(length);
    return await orEnd(this.#request(packet).then((reply) => reply.bytes()));
  }

  async write(handle: SftpHandle, offset: number, data: Uint8Array): Promise<void> {
    await this.#request(this.#start(packetTypes.write).string(handle).uint64(offset).string(data));
  }

  async fstat(handle: SftpHandle): Promise<SftpAttributes> {
    return (await this.#request(this.#start(packetTypes.fstat).string(handle))).attributes();
  }

  // one thing a request: the server reads those of a request that changes several in another order than the protocol's
  async fchmod(handle: SftpHandle, mode: number): Promise<void> {
    await this.#request(this.#start(packetTypes.fsetstat).string(handle).permissions(mode));
  }

  async fchown(handle: SftpHandle, owner: FileOwner): Promise<void> {
    await this.#request(this.#start(packetTypes.fsetstat).string(handle).owner(owner));
  }

  async lstat(path: string): Promise<SftpAttributes> {
    return (await this.#request(this.#start(packetTypes.lstat).string(path))).attributes();
  }

  /** Follows a symlink, as `lstat` does not. */
  async stat(path: string): Promise<SftpAttributes> {
    return (await this.#request(this.#start(packetTypes.stat).string(path))).attributes();
  }

  /** Follows a symlink. */
  async chmod(path: string, mode: number): Promise<void> {
    await this.#request(this.#start(packetTypes.setstat).string(path).permissions(mode));
  }

  /** Follows a symlink. */
  async chown(path: string, owner: FileOwner): Promise<void> {
    await this.#request(this.#start(packetTypes.setstat).string(path).owner(owner));
  }

  /** Some entries of a directory; undefined once there are no more. */
  async readdir(handle: SftpHandle): Promise<readonly SftpEntry[] | undefined> {
    const packet = this.#start(packetTypes.readdir).string(handle);
    return await orEnd(this.#request(packet).then((reply) => toEntries(reply)));
  }

  async readlink(path: string): Promise<string> {
    const reply = await this.#request(this.#start(packetTypes.readlink).string(path));
    return toEntries(reply)[0]?.name ?? "";
  }

  /** The order of the two is OpenSSH's, which every server keeps to. */
  async symlink(path: string, target: string): Promise<void> {
    await this.#request(this.#start(packetTypes.symlink).string(target).string(path));
  }

  async mkdir(path: string): Promise<void> {
    await this.#request(this.#start(packetTypes.mkdir).string(path).noAttributes());
  }

  async rmdir(path: string): Promise<void> {
    await this.#request(this.#start(packetTypes.rmdir).string(path));
  }

  async remove(path: string): Promise<void> {
    await this.#request(this.#start(packetTypes.remove).string(path));
  }

  /** Replaces what is there, in one step. */
  async rename(from: string, to: string): Promise<void> {
    await this.#request(
      this.#start(packetTypes.extended).string("posix-rename@openssh.com").string(from).string(to),
    );
  }

  async #init(): Promise<void> {
    const version = new Promise<PacketReader>((resolve, reject) => {
      this.#version = { resolve, reject };
    });
    this.#send(new PacketWriter(packetTypes.init).uint32(VERSION));
    if ((await version).uint32() !== VERSION)
      throw new BackendProtocolError("the server's files speak another version of SFTP than 3");
  }

  /** A file that opens after its caller has given up is closed. */
  async #orClose(opening: Promise<SftpHandle>, signal: AbortSignal | undefined): Promise<SftpHandle> {
    try {
      return await abortable(opening, signal);
    } catch (error) {
      if (signal?.aborted)
        opening.then(
          (handle) => this.close(handle).catch(() => {}),
          () => {},
        );
      throw error;
    }
  }

  #start(type: number): PacketWriter {
    return new PacketWriter(type).uint32(this.#nextId);
  }

  /** Of a packet that was started just before, as it carries the id that is next. */
  async #request(packet: PacketWriter): Promise<PacketReader> {
    if (this.#closed) throw new IncusConnectionError(REQUEST, "ECONNRESET", undefined);
    const id = this.#nextId++;
    const reply = new Promise<PacketReader>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#send(packet);
    return await reply;
  }

  #send(packet: PacketWriter): void {
    this.#socket.cork();
    for (const part of packet.toParts()) this.#socket.write(part);
    process.nextTick(() => this.#socket.uncork());
  }

  #receive(data: Buffer): void {
    try {
      for (const packet of this.#splitter.push(data)) this.#dispatch(new PacketReader(packet));
    } catch (error) {
      this.#fail(
        new BackendProtocolError("the server's files answer something that is no SFTP", { cause: error }),
      );
      this.#socket.destroy();
    }
  }

  #dispatch(packet: PacketReader): void {
    const type = packet.byte();
    if (type === packetTypes.version) {
      this.#version?.resolve(packet);
      return;
    }
    const id = packet.uint32();
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (type !== packetTypes.status) {
      pending?.resolve(packet);
      return;
    }
    const status = packet.uint32();
    if (status === statusCodes.ok) pending?.resolve(packet);
    else pending?.reject(new SftpStatusError(status, packet.text()));
  }

  #fail(error: Error): void {
    this.#closed = true;
    this.#version?.reject(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

function toHandle(reply: PacketReader): SftpHandle {
  // copied, as it outlives the packet
  return Buffer.from(reply.bytes()) as SftpHandle;
}

function toEntries(reply: PacketReader): readonly SftpEntry[] {
  const entries: SftpEntry[] = [];
  for (let count = reply.uint32(); count > 0; count--) {
    const name = reply.text();
    // what `ls -l` would print
    reply.bytes();
    entries.push({ name, attributes: reply.attributes() });
  }
  return entries;
}

async function orEnd<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof SftpStatusError && error.status === statusCodes.endOfFile) return undefined;
    throw error;
  }
}
