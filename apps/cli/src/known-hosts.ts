import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { type CallOptions, FileRefusedError, type SandboxName } from "@pixels/core";

export interface KnownHosts {
  readonly name: SandboxName;
  /** By which ssh looks the keys up. */
  readonly alias: string;
  readonly keys: readonly string[];
}

export interface KnownHostsOptions extends CallOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

/**
 * Writes the keys to a file for this sandbox alone, pixels/known_hosts.d/<name> in XDG_STATE_HOME, else in ~/.local/state; gives its path. What was
 * there is replaced as a whole. Rejects with FILE_REFUSED.
 */
export async function writeKnownHosts(
  { name, alias, keys }: KnownHosts,
  { env, homeDirectory, signal }: KnownHostsOptions,
): Promise<string> {
  const state = env["XDG_STATE_HOME"];
  // a relative one is ignored (XDG Base Directory Specification)
  const folder = join(
    state !== undefined && isAbsolute(state) ? state : join(homeDirectory, ".local/state"),
    "pixels/known_hosts.d",
  );
  const path = join(folder, name);
  const part = join(folder, `.${name}.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      await writeFile(part, keys.map((key) => `${alias} ${key}\n`).join(""), { mode: 0o600, signal });
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    return path;
  } catch (error) {
    signal?.throwIfAborted();
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FileRefusedError(`the local file ${JSON.stringify(path)} cannot be written: ${code}`, {
      cause: error,
      next: "make its folder one that you can write to, or name another with XDG_STATE_HOME",
      context: { path },
    });
  }
}
