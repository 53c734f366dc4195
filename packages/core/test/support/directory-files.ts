import { randomUUID } from "node:crypto";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join, posix } from "node:path";
import type { BackendFiles } from "../../src/backend/backend.ts";
import { FileNotFoundError, FileRefusedError } from "../../src/errors.ts";
import type { FileInfo, FileKind, SandboxFiles } from "../../src/files.ts";
import { FilesOfSandbox } from "../../src/internal/files-of-sandbox.ts";
import { parseSandboxName } from "../../src/names.ts";
import type { SandboxInfo } from "../../src/sandbox.ts";

/** The files of a "sandbox" whose root is a directory of this machine. Small files only, as they are read whole. */
export function openDirectory(
  root: string,
  change: (files: BackendFiles) => BackendFiles = (files) => files,
): SandboxFiles {
  const info = { account: "root" } as SandboxInfo;
  return new FilesOfSandbox(change(createDirectoryFiles(root)), parseSandboxName("directory"), () =>
    Promise.resolve(info),
  );
}

function createDirectoryFiles(root: string): BackendFiles {
  const here = (path: string): string => join(root, path);
  const stat = async (path: string): Promise<FileInfo> => {
    const stats = await naming(path, lstat(here(path)));
    let kind: FileKind = "other";
    if (stats.isFile()) kind = "file";
    if (stats.isDirectory()) kind = "directory";
    if (stats.isSymbolicLink()) kind = "symlink";
    const { uid, gid, size, mode, mtime } = stats;
    return { path, kind, sizeBytes: size, mode: mode & 0o7777, uid, gid, modifiedAt: mtime };
  };
  return {
    async read(_name, path) {
      const real = await naming(path, realpath(here(path)));
      const content = await naming(path, readFile(real));
      return new ReadableStream({
        start(controller) {
          for (let at = 0; at < content.length; at += 1000)
            controller.enqueue(content.subarray(at, at + 1000));
          controller.close();
        },
      });
    },
    async write(_name, path, content, { mode = 0o644, signal }) {
      const temporary = here(posix.join(posix.dirname(path), `.${randomUUID()}`));
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) {
        signal?.throwIfAborted();
        chunks.push(chunk);
      }
      await mkdir(here(posix.dirname(path)), { recursive: true });
      await naming(path, writeFile(temporary, Buffer.concat(chunks)));
      await chmod(temporary, mode);
      await naming(path, rename(temporary, here(path)));
    },
    async list(_name, path) {
      const names = await naming(path, readdir(here(path)));
      return await Promise.all(names.toSorted().map((name) => stat(posix.join(path, name))));
    },
    stat: async (_name, path) => await stat(path),
    async mkdir(_name, path, { mode = 0o755 }) {
      const made = await naming(path, mkdir(here(path), { recursive: true }));
      if (made !== undefined) await chmod(here(path), mode);
    },
    symlink: async (_name, path, { target }) => await naming(path, symlink(target, here(path))),
    readlink: async (_name, path) => await naming(path, readlink(here(path))),
    rename: async (_name, path, { to }) => await naming(to, rename(here(path), here(to))),
    chmod: async (_name, path, { mode }) => await naming(path, chmod(here(path), mode)),
    remove: async (_name, path, { recursive }) =>
      await naming(path, rm(here(path), { recursive, force: true })),
  };
}

async function naming<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const message = `${path}: ${String(error.code)}`;
    if (error.code === "ENOENT") throw new FileNotFoundError(message, { cause: error });
    throw new FileRefusedError(message, { cause: error });
  }
}
