import { isAbsolute, normalize } from "node:path/posix";
import type { BackendFiles } from "../backend/backend.ts";
import { AccountNotFoundError, FileRefusedError, InvalidArgumentError } from "../errors.ts";
import type {
  FileInfo,
  FileOwner,
  ReadFileOptions,
  SandboxFiles,
  TransferOptions,
  TransferResult,
  WriteFileOptions,
} from "../files.ts";
import type { SandboxName } from "../names.ts";
import type { CallOptions } from "../options.ts";
import type { SandboxInfo } from "../sandbox.ts";

const ROOT: FileOwner = { uid: 0, gid: 0 };
const MAX_MODE = 0o7777;

/** The files of one sandbox over a backend's: checks paths and modes, and knows who owns what is new. */
export class FilesOfSandbox implements SandboxFiles {
  readonly #files: BackendFiles;
  readonly #name: SandboxName;
  readonly #getInfo: (options: CallOptions) => Promise<SandboxInfo>;
  #owner: Promise<FileOwner> | undefined;

  constructor(
    files: BackendFiles,
    name: SandboxName,
    getInfo: (options: CallOptions) => Promise<SandboxInfo>,
  ) {
    this.#files = files;
    this.#name = name;
    this.#getInfo = getInfo;
  }

  async read(path: string, options: ReadFileOptions = {}): Promise<ReadableStream<Uint8Array>> {
    checkCount("offset", options.offset);
    checkCount("length", options.length);
    return await this.#files.read(this.#name, checkPath(path, options), options);
  }

  async readText(path: string, options: CallOptions = {}): Promise<string> {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    let text = "";
    const content = await this.read(path, options);
    try {
      for await (const chunk of content) text += decoder.decode(chunk, { stream: true });
      return text + decoder.decode();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new FileRefusedError(`${JSON.stringify(path)} is not UTF-8 text`, {
        cause: error,
        next: "read it as bytes",
      });
    }
  }

  async write(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options: WriteFileOptions = {},
  ): Promise<void> {
    const checked = checkPath(path, options);
    checkMode(options.mode);
    const newOwner = await this.#getOwner(options);
    await this.#files.write(this.#name, checked, toChunks(content), { ...options, newOwner });
  }

  async list(path: string, options: CallOptions = {}): Promise<readonly FileInfo[]> {
    return await this.#files.list(this.#name, checkPath(path, options), options);
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileInfo> {
    return await this.#files.stat(this.#name, checkPath(path, options), options);
  }

  async mkdir(path: string, options: WriteFileOptions = {}): Promise<void> {
    const checked = checkPath(path, options);
    checkMode(options.mode);
    await this.#files.mkdir(this.#name, checked, { ...options, newOwner: await this.#getOwner(options) });
  }

  async symlink(path: string, target: string, options: CallOptions = {}): Promise<void> {
    const checked = checkPath(path, options);
    if (target === "" || target.includes("\0"))
      throw new InvalidArgumentError(`${JSON.stringify(target)} cannot be what a symlink says`);
    await this.#files.symlink(this.#name, checked, { ...options, target });
  }

  async readlink(path: string, options: CallOptions = {}): Promise<string> {
    return await this.#files.readlink(this.#name, checkPath(path, options), options);
  }

  async rename(from: string, to: string, options: CallOptions = {}): Promise<void> {
    const target = checkPath(to, options);
    await this.#files.rename(this.#name, checkPath(from, options), { ...options, to: target });
  }

  async chmod(path: string, mode: number, options: CallOptions = {}): Promise<void> {
    checkMode(mode);
    await this.#files.chmod(this.#name, checkPath(path, options), { ...options, mode });
  }

  async remove(path: string, options: CallOptions & { readonly recursive?: boolean } = {}): Promise<void> {
    const checked = checkPath(path, options);
    if (checked === "/") throw new InvalidArgumentError("the root directory cannot be removed");
    await this.#files.remove(this.#name, checked, options);
  }

  // what walks trees is loaded with the first transfer: no other call needs it
  async upload(localPath: string, path: string, options: TransferOptions = {}): Promise<TransferResult> {
    const { uploadTree } = await import("./transfer/upload.ts");
    return await uploadTree(this, localPath, checkPath(path, options), options);
  }

  async download(path: string, localPath: string, options: TransferOptions = {}): Promise<TransferResult> {
    const { downloadTree } = await import("./transfer/download.ts");
    return await downloadTree(this, checkPath(path, options), localPath, options);
  }

  /** Asked once; an account that is not there yet may be there the next time. */
  async #getOwner(options: CallOptions): Promise<FileOwner> {
    this.#owner ??= this.#findOwner(options);
    try {
      return await this.#owner;
    } catch (error) {
      this.#owner = undefined;
      throw error;
    }
  }

  async #findOwner(options: CallOptions): Promise<FileOwner> {
    const { account } = await this.#getInfo(options);
    if (account === "root") return ROOT;
    const accounts = await this.readText("/etc/passwd", options);
    const fields = accounts
      .split("\n")
      .map((line) => line.split(":"))
      .find(([name]) => name === account);
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
    throw new AccountNotFoundError(`the sandbox has no account ${JSON.stringify(account)}`, {
      next: "name the owner of what is written",
    });
  }
}

/** Absolute and normalised. Throws INVALID_ARGUMENT, and the signal's reason where it was aborted. */
function checkPath(path: string, { signal }: CallOptions): string {
  signal?.throwIfAborted();
  if (isAbsolute(path) && !path.includes("\0") && path.isWellFormed()) {
    const normal = normalize(path);
    return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
  }
  throw new InvalidArgumentError(`${JSON.stringify(path)} is not an absolute path`, {
    next: "begin it with a slash",
  });
}

function checkMode(mode: number | undefined): void {
  if (mode === undefined || (Number.isInteger(mode) && mode >= 0 && mode <= MAX_MODE)) return;
  throw new InvalidArgumentError(`${mode} is not a file's mode`, {
    next: "give permission bits, such as 0o644",
  });
}

function checkCount(what: string, count: number | undefined): void {
  if (count === undefined || (Number.isSafeInteger(count) && count >= 0)) return;
  throw new InvalidArgumentError(`${what}: ${count} is not a number of bytes`);
}

async function* toChunks(
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (typeof content === "string") yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}
