import type { CallOptions } from "./options.ts";

export type FileKind = "file" | "directory" | "symlink" | "other";

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** A file as it is itself: a symlink is not followed. */
export interface FileInfo extends FileOwner {
  readonly path: string;
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly modifiedAt: Date;
}

export interface ReadFileOptions extends CallOptions {
  /** Bytes to leave out at the beginning. Default 0. */
  readonly offset?: number;
  /** Most bytes to read. Default: to the end. */
  readonly length?: number;
}

export interface WriteFileOptions extends CallOptions {
  /** Permission bits. Default: those of the file that is replaced, else 0o644, and 0o755 for a directory. */
  readonly mode?: number;
  /** Default: the owner of the file that is replaced, else the account that commands run as. */
  readonly owner?: FileOwner;
}

/** How far a transfer has come. */
export interface TransferProgress {
  /** Files and symlinks; directories are not counted. */
  readonly files: number;
  /** Of the files' content. */
  readonly bytes: number;
}

export interface TransferOptions extends CallOptions {
  /** Called at most every 100 ms, and at the end. */
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** What a transfer has moved. */
export interface TransferResult extends TransferProgress {
  /** Paths, on the side they come from, of what cannot be transferred: devices, sockets, pipes, and names and symlinks that are not UTF-8. */
  readonly skipped: readonly string[];
}

/**
 * Files of a sandbox by absolute path. They reject with FILE_NOT_FOUND where there is nothing at the path, FILE_REFUSED where what is there is
 * of the wrong kind, CAPACITY_EXHAUSTED where the disk is full.
 */
export interface SandboxFiles {
  /** Follows symlinks. Cancelling the stream, or ending its iteration, closes the file. */
  read(path: string, options?: ReadFileOptions): Promise<ReadableStream<Uint8Array>>;
  /** The whole file as UTF-8; rejects with FILE_REFUSED where it is something else. */
  readText(path: string, options?: CallOptions): Promise<string>;
  /**
   * Replaces the file as a whole or not at all, also where this process is killed; missing parent directories are made. A symlink at the
   * path is replaced and not followed.
   */
  write(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteFileOptions,
  ): Promise<void>;
  /** What is in a directory, sorted by name, without "." and "..". */
  list(path: string, options?: CallOptions): Promise<readonly FileInfo[]>;
  stat(path: string, options?: CallOptions): Promise<FileInfo>;
  /** Makes a directory with its missing parents; one that is there is fine, and keeps its mode and owner. */
  mkdir(path: string, options?: WriteFileOptions): Promise<void>;
  /** Makes a symlink to any text; FILE_REFUSED where there is something at the path. */
  symlink(path: string, target: string, options?: CallOptions): Promise<void>;
  /** The text of a symlink. */
  readlink(path: string, options?: CallOptions): Promise<string>;
  /** Replaces a file that is there. */
  rename(from: string, to: string, options?: CallOptions): Promise<void>;
  chmod(path: string, mode: number, options?: CallOptions): Promise<void>;
  /** A missing one is fine; a directory with something in it needs `recursive`. */
  remove(path: string, options?: CallOptions & { readonly recursive?: boolean }): Promise<void>;
  /**
   * Copies a local file, or a directory with all that is in it, to the path in the sandbox, whose parents are made. Symlinks within a directory are
   * copied as they are and never followed; modes are kept; directories that are there are filled up, and keep their mode. Each file is replaced as
   * `write` does it. What is wrong on this machine rejects with the same codes, and names the local path.
   */
  upload(localPath: string, path: string, options?: TransferOptions): Promise<TransferResult>;
  /**
   * The same from the sandbox. Nothing is written outside `localPath`, whatever the names and symlinks in the sandbox are: a local symlink is
   * replaced by a file, and refused with FILE_REFUSED where a directory is to be. Files lose their setuid and setgid bits.
   */
  download(path: string, localPath: string, options?: TransferOptions): Promise<TransferResult>;
}
