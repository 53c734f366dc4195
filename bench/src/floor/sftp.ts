import { request } from "node:http";
import type { Socket } from "node:net";

/** The requests of SFTP that the floors make, one at a time, and nothing of an answer but what they need. */
export interface BareSftp {
  /** Opens, reads once and closes. */
  read(path: string, length: number): Promise<Buffer>;
  /** Opens, writes once and closes: not atomic, with no mode and no owner. */
  write(path: string, data: Buffer): Promise<void>;
  /** The same under another name, and a rename: readers see the old file or the new one. */
  replace(path: string, data: Buffer): Promise<void>;
  close(): void;
}

const types = { init: 1, open: 3, close: 4, read: 5, write: 6, extended: 200 } as const;
const READ = 1;
const CREATE_AND_TRUNCATE = 2 | 8 | 16;

export async function openBareSftp(socketPath: string, instance: string): Promise<BareSftp> {
  const socket = await upgrade(socketPath, `/1.0/instances/${instance}/sftp`);
  let kept: Buffer = Buffer.alloc(0);
  let answer: ((payload: Buffer) => void) | undefined;
  socket.on("data", (data: Buffer) => {
    kept = kept.length === 0 ? data : Buffer.concat([kept, data]);
    if (kept.length < 4 || kept.length < 4 + kept.readUInt32BE()) return;
    const payload = kept.subarray(4, 4 + kept.readUInt32BE());
    kept = kept.subarray(4 + payload.length);
    answer?.(payload);
  });
  const ask = (...parts: readonly Buffer[]): Promise<Buffer> => {
    const payload = Buffer.concat(parts);
    return new Promise((resolve) => {
      answer = resolve;
      socket.write(Buffer.concat([number(payload.length), payload]));
    });
  };
  const send = (type: number, ...parts: readonly Buffer[]): Promise<Buffer> =>
    ask(Buffer.from([type]), number(1), ...parts);
  const open = async (path: string, flags: number): Promise<Buffer> =>
    text((await send(types.open, text(Buffer.from(path)), number(flags), number(0))).subarray(9));
  await ask(Buffer.from([types.init]), number(3));
  const sftp: BareSftp = {
    async read(path, length) {
      const handle = await open(path, READ);
      const data = await send(types.read, handle, number(0), number(0), number(length));
      await send(types.close, handle);
      return data.subarray(9);
    },
    async write(path, data) {
      const handle = await open(path, CREATE_AND_TRUNCATE);
      await send(types.write, handle, number(0), number(0), text(data));
      await send(types.close, handle);
    },
    async replace(path, data) {
      await sftp.write(`${path}.part`, data);
      const names = ["posix-rename@openssh.com", `${path}.part`, path];
      await send(types.extended, ...names.map((name) => text(Buffer.from(name))));
    },
    close() {
      socket.destroy();
    },
  };
  return sftp;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(bytes: Buffer): Buffer {
  return Buffer.concat([number(bytes.length), bytes]);
}

function upgrade(socketPath: string, path: string): Promise<Socket> {
  const headers = { connection: "Upgrade", upgrade: "sftp" };
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, headers });
    asking.once("upgrade", (_answer, socket: Socket) => resolve(socket));
    asking.once("error", reject);
    asking.end();
  });
}
