import type { CallOptions } from "./options.ts";

export type FileKind = "file" | "directory" | "symlink" | "other";

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface FileInfo extends FileOwner {
  readonly path: string;
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly modifiedAt: Date;
}

export interface ReadFileOptions extends CallOptions {
  readonly offset?: number;
  readonly length?: number;
}

export interface WriteFileOptions extends CallOptions {
  readonly mode?: number;
  /** Default: the account that commands run as. */
  readonly owner?: FileOwner;
}

/** Files of a sandbox by absolute path, running or stopped. */
export interface SandboxFiles {
  read(path: string, options?: ReadFileOptions): Promise<ReadableStream<Uint8Array>>;
  /** Replaces the file as a whole or not at all; missing parent directories are made. */
  write(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteFileOptions,
  ): Promise<void>;
  list(path: string, options?: CallOptions): Promise<readonly FileInfo[]>;
  stat(path: string, options?: CallOptions): Promise<FileInfo>;
  mkdir(path: string, options?: WriteFileOptions): Promise<void>;
  rename(from: string, to: string, options?: CallOptions): Promise<void>;
  chmod(path: string, mode: number, options?: CallOptions): Promise<void>;
  remove(path: string, options?: CallOptions & { readonly recursive?: boolean }): Promise<void>;
}
