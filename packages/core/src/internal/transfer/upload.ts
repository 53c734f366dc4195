import type { Stats } from "node:fs";
import { join, posix } from "node:path";
import { FileRefusedError } from "../../errors.ts";
import type { FileInfo, SandboxFiles, TransferOptions, TransferResult } from "../../files.ts";
import type { CallOptions } from "../../options.ts";
import { statFollowing } from "./follow.ts";
import { LargeFileGate } from "./large-file-gate.ts";
import {
  checkLocalPath,
  listLocal,
  lstatLocal,
  openLocal,
  readlinkLocal,
  readLocal,
  statLocal,
} from "./local-source.ts";
import { orMissing } from "./or-missing.ts";
import { FILES_AT_ONCE, runTasks, type Task } from "./run-tasks.ts";
import { Tally } from "./tally.ts";
import { createTemporaryName } from "./temporary-name.ts";

const MODE = 0o7777;
const OWNER_ALL = 0o700;
const CLEAN_UP_MS = 10_000;

/** `SandboxFiles.upload`. */
export async function uploadTree(
  files: SandboxFiles,
  localPath: string,
  path: string,
  options: TransferOptions,
): Promise<TransferResult> {
  checkLocalPath(localPath);
  const tally = new Tally(options);
  await new Upload(files, tally).run(localPath, path, options);
  return tally.finish();
}

interface Place {
  readonly path: string;
  /** Its directory was made by this upload: there is nothing in it yet. */
  readonly isNew: boolean;
}

class Upload {
  readonly #files: SandboxFiles;
  readonly #tally: Tally;
  readonly #gate = new LargeFileGate();
  /** Directories that get their mode once they are filled. */
  readonly #closed: { readonly path: string; readonly mode: number }[] = [];

  constructor(files: SandboxFiles, tally: Tally) {
    this.#files = files;
    this.#tally = tally;
  }

  async run(localPath: string, path: string, { signal }: CallOptions): Promise<void> {
    const stats = await statLocal(localPath);
    const first: Task = async (options) => {
      if (stats.isDirectory())
        return await this.#directory(localPath, stats, await this.#findTop(path, options), options);
      if (stats.isFile()) return await this.#file(localPath, path, { ...options, follow: true });
      this.#tally.skip(localPath);
    };
    await runTasks(first, { atOnce: FILES_AT_ONCE, signal });
    for (const { path: directory, mode } of this.#closed.toReversed())
      await this.#files.chmod(directory, mode, { signal });
  }

  /** A symlink to a directory is followed at the top alone. */
  async #findTop(path: string, options: CallOptions): Promise<Place> {
    const info = await orMissing(this.#files.stat(path, options));
    if (info?.kind !== "symlink") return { path, isNew: info === undefined };
    return { path: (await statFollowing(this.#files, path, options)).path, isNew: false };
  }

  #entry(localPath: string, to: Place): Task {
    return async (options) => {
      const stats = await lstatLocal(localPath);
      if (stats === undefined) return;
      if (stats.isDirectory()) return await this.#directory(localPath, stats, to, options);
      if (stats.isFile()) return await this.#file(localPath, to.path, { ...options, follow: false });
      if (stats.isSymbolicLink()) return await this.#symlink(localPath, to, options);
      this.#tally.skip(localPath);
    };
  }

  async #directory(
    localPath: string,
    stats: Stats,
    to: Place,
    options: CallOptions,
  ): Promise<Iterable<Task>> {
    const there = to.isNew ? undefined : await orMissing(this.#files.stat(to.path, options));
    if (there === undefined) await this.#makeDirectory(to.path, stats.mode & MODE, options);
    else refuseOther(there);
    const { names, unreadable } = await listLocal(localPath);
    for (const name of unreadable) this.#tally.skip(join(localPath, name));
    return this.#entries(localPath, names, { path: to.path, isNew: there === undefined });
  }

  *#entries(localPath: string, names: readonly string[], to: Place): Generator<Task> {
    for (const name of names)
      yield this.#entry(join(localPath, name), { path: posix.join(to.path, name), isNew: to.isNew });
  }

  async #makeDirectory(path: string, mode: number, options: CallOptions): Promise<void> {
    const open = mode | OWNER_ALL;
    await this.#files.mkdir(path, { ...options, mode: open });
    if (open !== mode) this.#closed.push({ path, mode });
  }

  async #file(
    localPath: string,
    to: string,
    { signal, follow }: CallOptions & { readonly follow: boolean },
  ): Promise<void> {
    const opened = await openLocal(localPath, { follow });
    if (opened === undefined) {
      this.#tally.skip(localPath);
      return;
    }
    await using handle = opened.handle;
    const { size, mode } = opened.stats;
    const content = this.#count(readLocal(handle, { path: localPath, size }));
    await this.#gate.pass(size, () => this.#files.write(to, content, { signal, mode: mode & MODE }));
    this.#tally.addFile();
  }

  async *#count(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.#tally.addBytes(chunk.length);
      yield chunk;
    }
  }

  async #symlink(localPath: string, to: Place, options: CallOptions): Promise<void> {
    const target = await readlinkLocal(localPath);
    if (target === undefined) {
      this.#tally.skip(localPath);
      return;
    }
    const there = to.isNew ? undefined : await orMissing(this.#files.stat(to.path, options));
    if (there === undefined) await this.#files.symlink(to.path, target, options);
    else await this.#replaceBySymlink(to.path, target, options);
    this.#tally.addFile();
  }

  async #replaceBySymlink(path: string, target: string, options: CallOptions): Promise<void> {
    const temporary = posix.join(posix.dirname(path), createTemporaryName());
    try {
      await this.#files.symlink(temporary, target, options);
      await this.#files.rename(temporary, path, options);
    } catch (error) {
      const signal = AbortSignal.timeout(CLEAN_UP_MS);
      await this.#files.remove(temporary, { signal }).catch(() => {});
      throw error;
    }
  }
}

function refuseOther({ path, kind }: FileInfo): void {
  if (kind === "directory") return;
  throw new FileRefusedError(
    `${JSON.stringify(path)} in the sandbox is a ${kind} where there is to be a directory`,
    { next: "name another path, or remove it first", context: { path } },
  );
}
