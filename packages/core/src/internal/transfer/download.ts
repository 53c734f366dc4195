import { join, posix } from "node:path";
import type { FileInfo, SandboxFiles, TransferOptions, TransferResult } from "../../files.ts";
import type { CallOptions } from "../../options.ts";
import { statFollowing } from "./follow.ts";
import { LargeFileGate } from "./large-file-gate.ts";
import { checkLocalPath } from "./local-source.ts";
import {
  makeLocalDirectory,
  makeLocalParents,
  setLocalMode,
  writeLocalFile,
  writeLocalSymlink,
} from "./local-target.ts";
import { orMissing } from "./or-missing.ts";
import { FILES_AT_ONCE, runTasks, type Task } from "./run-tasks.ts";
import { Tally } from "./tally.ts";

/** What stands in a name, or in the text of a symlink, for bytes that are not UTF-8. */
const REPLACEMENT = "\uFFFD";

/** `SandboxFiles.download`. */
export async function downloadTree(
  files: SandboxFiles,
  path: string,
  localPath: string,
  options: TransferOptions,
): Promise<TransferResult> {
  checkLocalPath(localPath);
  const tally = new Tally(options);
  await new Download(files, tally).run(path, localPath, options);
  return tally.finish();
}

/** A program from a sandbox must not run as whoever fetched it. */
const SETID_BITS = 0o6000;

class Download {
  readonly #files: SandboxFiles;
  readonly #tally: Tally;
  readonly #gate = new LargeFileGate();
  /** Directories that were made; they get their mode once they are filled. */
  readonly #made: { readonly path: string; readonly mode: number }[] = [];

  constructor(files: SandboxFiles, tally: Tally) {
    this.#files = files;
    this.#tally = tally;
  }

  async run(path: string, localPath: string, { signal }: CallOptions): Promise<void> {
    const top = await statFollowing(this.#files, path, { signal });
    await makeLocalParents(localPath);
    await runTasks(this.#entry(top, localPath), { atOnce: FILES_AT_ONCE, signal });
    for (const { path: directory, mode } of this.#made.toReversed()) {
      signal?.throwIfAborted();
      await setLocalMode(directory, mode);
    }
  }

  #entry(info: FileInfo, to: string): Task {
    return async (options) => {
      switch (info.kind) {
        case "directory":
          return await this.#directory(info, to, options);
        case "file":
          return await this.#gate.pass(info.sizeBytes, () => this.#file(info, to, options));
        case "symlink":
          return await this.#symlink(info, to, options);
        case "other":
          this.#tally.skip(info.path);
      }
    };
  }

  async #directory(info: FileInfo, to: string, options: CallOptions): Promise<Iterable<Task> | void> {
    const entries = await orMissing(this.#files.list(info.path, options));
    if (entries === undefined) return this.#leaveOut(info);
    if (await makeLocalDirectory(to, info.mode)) this.#made.push({ path: to, mode: info.mode });
    return this.#entries(info.path, entries, to);
  }

  *#entries(directory: string, entries: readonly FileInfo[], to: string): Generator<Task> {
    for (const entry of entries) {
      const name = nameIn(directory, entry.path);
      if (name === undefined) this.#tally.skip(entry.path);
      else yield this.#entry(entry, join(to, name));
    }
  }

  async #file(info: FileInfo, to: string, options: CallOptions): Promise<void> {
    const content = await orMissing(this.#files.read(info.path, options));
    if (content === undefined) return this.#leaveOut(info);
    await writeLocalFile(to, this.#count(content, options), info.mode & ~SETID_BITS);
    this.#tally.addFile();
  }

  async *#count(content: AsyncIterable<Uint8Array>, { signal }: CallOptions): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      this.#tally.addBytes(chunk.length);
      yield chunk;
    }
  }

  async #symlink(info: FileInfo, to: string, options: CallOptions): Promise<void> {
    const target = await orMissing(this.#files.readlink(info.path, options));
    if (target === undefined) return this.#leaveOut(info);
    if (target.includes(REPLACEMENT)) return this.#tally.skip(info.path);
    await writeLocalSymlink(to, target);
    this.#tally.addFile();
  }

  /** Gone since it was listed, which is as if it had never been there; or listed under a name that is none. */
  #leaveOut({ path }: FileInfo): void {
    if (path.includes(REPLACEMENT)) this.#tally.skip(path);
  }
}

/** The name of what was listed in a directory; undefined for one that would lead out of it. */
function nameIn(directory: string, path: string): string | undefined {
  const start = directory === "/" ? "/" : `${directory}/`;
  const name = path.startsWith(start) ? path.slice(start.length) : "";
  const isName = posix.basename(name) === name && !["", ".", ".."].includes(name) && !name.includes("\0");
  return isName ? name : undefined;
}
