import type { FileOwner } from "@pixels/core";

/** Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02): a length, a type, and what the type says. */
export const packetTypes = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  stat: 17,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
} as const;

export const openFlags = { read: 1, write: 2, create: 8, exclusive: 32 } as const;

export const statusCodes = { ok: 0, endOfFile: 1, noSuchFile: 2, permissionDenied: 3 } as const;

const attributeFlags = { size: 1, owner: 2, permissions: 4, times: 8 } as const;

/** What the server tells of a file; what it does not tell is absent. */
export interface SftpAttributes {
  readonly size?: number;
  readonly owner?: FileOwner;
  /** With the file's type, as in `st_mode`. */
  readonly mode?: number;
  readonly modifiedAt?: Date;
}

/** Up to this copying costs less than handing the pieces over one by one. */
const SMALL_BYTES = 4096;

/** Builds a packet's payload. */
export class PacketWriter {
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(type: number) {
    this.#add(Buffer.from([type]));
  }

  uint32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    return this.#add(part);
  }

  uint64(value: number): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigUInt64BE(BigInt(value));
    return this.#add(part);
  }

  string(value: string | Uint8Array): this {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    return this.uint32(bytes.length).#add(bytes);
  }

  noAttributes(): this {
    return this.uint32(0);
  }

  owner({ uid, gid }: FileOwner): this {
    return this.uint32(attributeFlags.owner).uint32(uid).uint32(gid);
  }

  permissions(mode: number): this {
    return this.uint32(attributeFlags.permissions).uint32(mode);
  }

  /** The pieces to be sent, the length first. Much data is not copied; a few bytes are one piece. */
  toParts(): readonly Uint8Array[] {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(this.#length);
    const parts = [length, ...this.#parts];
    return this.#length > SMALL_BYTES ? parts : [Buffer.concat(parts)];
  }

  #add(part: Uint8Array): this {
    this.#parts.push(part as Buffer);
    this.#length += part.length;
    return this;
  }
}

/** Reads a packet's payload. Throws a RangeError where it ends too early. */
export class PacketReader {
  readonly #packet: Buffer;
  #position = 0;

  constructor(packet: Buffer) {
    this.#packet = packet;
  }

  byte(): number {
    return this.#packet.readUInt8(this.#advance(1));
  }

  uint32(): number {
    return this.#packet.readUInt32BE(this.#advance(4));
  }

  uint64(): number {
    return Number(this.#packet.readBigUInt64BE(this.#advance(8)));
  }

  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#advance(length);
    return this.#packet.subarray(start, start + length);
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  attributes(): SftpAttributes {
    const flags = this.uint32();
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const size = has(attributeFlags.size) ? this.uint64() : undefined;
    const owner = has(attributeFlags.owner) ? { uid: this.uint32(), gid: this.uint32() } : undefined;
    const mode = has(attributeFlags.permissions) ? this.uint32() : undefined;
    let modifiedAt: Date | undefined;
    if (has(attributeFlags.times)) {
      this.uint32();
      modifiedAt = new Date(this.uint32() * 1000);
    }
    if (has(0x8000_0000))
      for (let count = this.uint32(); count > 0; count--) void [this.bytes(), this.bytes()];
    return { size, owner, mode, modifiedAt };
  }

  #advance(length: number): number {
    const start = this.#position;
    if (start + length > this.#packet.length) throw new RangeError("an SFTP packet is shorter than it says");
    this.#position += length;
    return start;
  }
}

/** Cuts a stream of bytes into packets. */
export class PacketSplitter {
  #kept: Buffer[] = [];
  #keptLength = 0;

  /** The packets that are whole with this data, without their lengths. */
  *push(data: Buffer): Generator<Buffer> {
    this.#kept.push(data);
    this.#keptLength += data.length;
    for (;;) {
      const length = this.#peekLength();
      if (length === undefined || this.#keptLength < 4 + length) return;
      const whole = this.#kept.length === 1 ? this.#kept[0] : Buffer.concat(this.#kept);
      if (whole === undefined) return;
      yield whole.subarray(4, 4 + length);
      const rest = whole.subarray(4 + length);
      this.#kept = rest.length === 0 ? [] : [rest];
      this.#keptLength = rest.length;
    }
  }

  #peekLength(): number | undefined {
    if (this.#keptLength < 4) return undefined;
    const [first] = this.#kept;
    if (first !== undefined && first.length >= 4) return first.readUInt32BE(0);
    this.#kept = [Buffer.concat(this.#kept)];
    return this.#kept[0]?.readUInt32BE(0);
  }
}
