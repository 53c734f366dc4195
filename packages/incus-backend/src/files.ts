import { posix } from "node:path";
import { type CallOptions, type FileInfo, FileRefusedError, type SandboxName } from "@pixels/core";
import { abortable, type BackendFiles } from "@pixels/core/backend";
import { chmodByCommand } from "./chmod-by-command.ts";
import { translateError } from "./errors.ts";
import type { IncusApi } from "./rest/api.ts";
import { toFileError } from "./sftp/errors.ts";
import { makeDirectory } from "./sftp/make-directory.ts";
import { readEntries } from "./sftp/read-entries.ts";
import { readFile } from "./sftp/read-file.ts";
import { removeTree } from "./sftp/remove-tree.ts";
import type { SftpSession } from "./sftp/session.ts";
import type { SftpSessions } from "./sftp/sessions.ts";
import { toFileInfo } from "./sftp/file-info.ts";
import { writeFile } from "./sftp/write-file.ts";

/** setuid, setgid, sticky. */
const SPECIAL_BITS = 0o7000;

/** Files by SFTP, which Incus serves from inside the sandbox's own file system, so that no symlink leads out of it. */
export function createBackendFiles(api: IncusApi, sessions: SftpSessions): BackendFiles {
  function changeMode(
    session: SftpSession,
    name: SandboxName,
    path: string,
    options: CallOptions & { readonly mode: number },
  ): Promise<void> {
    return (options.mode & SPECIAL_BITS) === 0
      ? session.chmod(path, options.mode)
      : chmodByCommand(api, name, path, options);
  }

  /** Runs the work on the sandbox's connection, and translates what it rejects with. The work heeds the signal itself. */
  async function using<T>(
    name: SandboxName,
    path: string,
    { signal }: CallOptions,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T> {
    try {
      using lease = await sessions.borrow(name, { signal });
      return await work(lease.session);
    } catch (error) {
      throw translate(error, name, path);
    }
  }

  /** The same for a request or two that are left alone when the signal aborts. */
  function asking<T>(
    name: SandboxName,
    path: string,
    options: CallOptions,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T> {
    return using(name, path, options, (session) => abortable(work(session), options.signal));
  }

  return {
    async read(name, path, options) {
      try {
        const lease = await sessions.borrow(name, options);
        return await readFile(lease, path, { ...options, toError: (error) => translate(error, name, path) });
      } catch (error) {
        throw translate(error, name, path);
      }
    },

    write: (name, path, content, options) =>
      using(name, path, options, (session) =>
        writeFile(session, path, content, {
          ...options,
          chmod: (part, mode) => changeMode(session, name, part, { mode, signal: options.signal }),
        }),
      ),

    list: (name, path, options) =>
      using(name, path, options, async (session) => {
        const found: FileInfo[] = [];
        for await (const entries of readEntries(session, path, options))
          for (const entry of entries) found.push(toFileInfo(posix.join(path, entry.name), entry.attributes));
        return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      }),

    stat: (name, path, options) =>
      asking(name, path, options, async (session) => toFileInfo(path, await session.lstat(path))),

    mkdir: (name, path, options) =>
      using(name, path, options, async (session) => {
        const made = await makeDirectory(session, path, options);
        const { mode = 0 } = options;
        if (made && (mode & SPECIAL_BITS) !== 0) await changeMode(session, name, path, { ...options, mode });
      }),

    symlink: (name, path, { target, ...options }) =>
      asking(name, path, options, (session) => session.symlink(path, target)),

    readlink: (name, path, options) =>
      asking(name, path, options, async (session) => {
        if (toFileInfo(path, await session.lstat(path)).kind !== "symlink")
          throw new FileRefusedError(`${JSON.stringify(path)} is no symlink`, { context: { path } });
        return await session.readlink(path);
      }),

    rename: (name, from, { to, ...options }) =>
      asking(name, from, options, (session) => session.rename(from, to)),

    chmod: (name, path, options) =>
      asking(name, path, options, (session) => changeMode(session, name, path, options)),

    remove: (name, path, options) =>
      using(name, path, options, (session) => removeTree(session, path, options)),
  };
}

function translate(error: unknown, name: SandboxName, path: string): unknown {
  return translateError(toFileError(error, path), { sandbox: name });
}
