import { readFile } from "node:fs/promises";
import { type CallOptions, ConfigInvalidError, PixelsError, type SandboxPreparer } from "@pixels/core";
import type { PixelsConfig } from "@pixels/core/config";
import { createPreparer, type CreatePreparerOptions } from "@pixels/provisioner";
import { revealAll } from "./reveal-all.ts";

export interface LoadPreparerOptions extends CallOptions, Pick<CreatePreparerOptions, "onProvisioned"> {}

/** What the configuration has written into new sandboxes. Rejects with CONFIG_INVALID where a file that it names is not what it should be. */
export async function loadPreparer(
  { ssh, env, defaults, provision }: PixelsConfig,
  { signal, onProvisioned }: LoadPreparerOptions,
): Promise<SandboxPreparer> {
  const publicKey = `${ssh.key}.pub`;
  const key = await readIfThere(publicKey, { signal });
  const certificates = await Promise.all(
    provision.caCertificates.map(async (path) => ({ path, text: await readNamed(path, { signal }) })),
  );
  // each alone first, so that what is wrong names its file
  if (key !== undefined)
    naming(`"ssh.key": ${JSON.stringify(publicKey)}`, () => createPreparer({ authorizedKeys: [key] }));
  for (const { path, text } of certificates)
    naming(`"provision.ca_certificates": ${JSON.stringify(path)}`, () =>
      createPreparer({ caCertificates: [text] }),
    );
  return createPreparer({
    authorizedKeys: key === undefined ? [] : [key],
    noKeys: `there is no ${publicKey}`,
    env: revealAll(env.written),
    dns: defaults.dns,
    caCertificates: certificates.map(({ text }) => text),
    devtools: provision.devtools,
    npmRegistry: provision.npmRegistry,
    onProvisioned,
  });
}

async function readIfThere(path: string, { signal }: CallOptions): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: "utf8", signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unreadable(`"ssh.key": ${JSON.stringify(path)}`, error);
  }
}

async function readNamed(path: string, { signal }: CallOptions): Promise<string> {
  try {
    return await readFile(path, { encoding: "utf8", signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(`"provision.ca_certificates": ${JSON.stringify(path)}`, error);
  }
}

function unreadable(what: string, cause: unknown): ConfigInvalidError {
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "it cannot be read";
  return new ConfigInvalidError(`${what} cannot be read: ${reason}`, {
    cause,
    next: "name a file that is there, or leave the setting out",
  });
}

function naming(what: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!PixelsError.is(error)) throw error;
    throw new ConfigInvalidError(`${what}: ${error.message}`, { next: error.next, cause: error });
  }
}
