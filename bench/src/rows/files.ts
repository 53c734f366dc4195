import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBareSftp } from "../floor/sftp.ts";
import { runProgram } from "../program.ts";
import type { Contestant, Row, Stage } from "../row.ts";
import { openSandbox } from "../sandbox.ts";

const pixels = fileURLToPath(import.meta.resolve("@pixels/cli/dist/bin.cjs"));
const KIB = 1024;
const LARGE_BYTES = 100 * 1000 * 1000;
const path = "/root/bench";

/** A small file, as an agent reads it. */
export const readRow: Row = {
  name: "read-1k",
  title: "read a file of 1 KiB through the library",
  against: "bare SFTP over a kept connection: open, read, close",
  bounds: { median: 1.3 },
  warmUps: 10,
  open: (stage) => openSmallRow(stage, "bench-read", "read"),
};

/** A small file, as an agent writes it. */
export const writeRow: Row = {
  name: "write-1k",
  title: "write a file of 1 KiB through the library: whole or not at all, with mode and owner",
  against: "bare SFTP over a kept connection: open, write, close, rename",
  bounds: { median: 1.3 },
  warmUps: 10,
  open: (stage) => openSmallRow(stage, "bench-write", "write"),
};

/** What writing whole or not at all costs over writing into the file itself, which nothing in pixels does. */
export const writeInPlaceRow: Row = {
  name: "write-1k-in-place",
  title: "the same",
  against: "bare SFTP over a kept connection: open, write, close; a reader may see half of it",
  warmUps: 10,
  open: (stage) => openSmallRow(stage, "bench-in-place", "write-in-place"),
};

/** A large file into a sandbox, as a process. */
export const pushRow: Row = {
  name: "push-100m",
  title: "pixels push of 100 MB as a process",
  against: "incus file push",
  bounds: { median: 1.6 },
  warmUps: 1,
  open: (stage) =>
    openLargeRow(stage, "bench-push", ({ name, instance, local }) => [
      [pixels, "push", "--json", name, local, path],
      ["incus", "file", "push", "--quiet", local, `${instance}${path}`],
    ]),
};

/** A large file out of a sandbox, as a process. */
export const pullRow: Row = {
  name: "pull-100m",
  title: "pixels pull of 100 MB as a process",
  against: "incus file pull",
  bounds: { median: 1.2 },
  warmUps: 1,
  open: (stage) =>
    openLargeRow(stage, "bench-pull", ({ name, instance, local }) => [
      [pixels, "pull", "--json", name, path, local],
      ["incus", "file", "pull", "--quiet", `${instance}${path}`, local],
    ]),
};

async function openSmallRow(stage: Stage, name: string, what: "read" | "write" | "write-in-place") {
  const target = await openSandbox(stage, name);
  const bare = await openBareSftp(stage.testbed.socketPath, target.instance);
  const content = randomBytes(KIB);
  const { files } = target.sandbox;
  await files.write(path, content);
  const contestants: Readonly<
    Record<typeof what, { floor: () => Promise<unknown>; subject: () => Promise<unknown> }>
  > = {
    read: {
      floor: () => bare.read(path, KIB),
      async subject() {
        const parts: Uint8Array[] = [];
        for await (const part of await files.read(path)) parts.push(part);
        if (!Buffer.concat(parts).equals(content))
          throw new Error("the file reads otherwise than it was written");
      },
    },
    write: { floor: () => bare.replace(path, content), subject: () => files.write(path, content) },
    "write-in-place": { floor: () => bare.write(path, content), subject: () => files.write(path, content) },
  };
  return {
    floor: untimedAfter(contestants[what].floor),
    subject: untimedAfter(contestants[what].subject),
    async [Symbol.asyncDispose]() {
      bare.close();
      await target[Symbol.asyncDispose]();
    },
  };
}

interface LargeTarget {
  readonly name: string;
  readonly instance: string;
  readonly local: string;
}

async function openLargeRow(
  stage: Stage,
  name: string,
  toCommands: (target: LargeTarget) => readonly [subject: readonly string[], floor: readonly string[]],
) {
  const target = await openSandbox(stage, name);
  const folder = await mkdtemp(join(tmpdir(), "pixels-bench-"));
  const local = join(folder, "large");
  await writeFile(local, randomBytes(LARGE_BYTES));
  await target.sandbox.files.upload(local, path);
  const [[bin = "", ...args], floor] = toCommands({ name, instance: target.instance, local });
  const env = { PIXELS_INCUS_SOCKET: stage.testbed.socketPath, INCUS_SOCKET: stage.testbed.socketPath };
  return {
    floor: untimedAfter(() => runProgram({ command: floor, env })),
    subject: untimedAfter(() => runProgram({ command: [process.execPath, bin, ...args], env })),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
      await target[Symbol.asyncDispose]();
    },
  };
}

function untimedAfter(work: () => Promise<unknown>): Contestant {
  return async () => {
    await work();
    return undefined;
  };
}
