import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { CallOptions, WaitOptions } from "@pixels/core";
import { type IncusApi, IncusApiError } from "@pixels/incus-backend/rest";
import { buildImage, type BuildImageOptions, type BuiltImage } from "./build-image.ts";

/**
 * Imports a built image under its alias. That the image, the alias or both are there already, or come to be there meanwhile, is success.
 */
export async function importImage(
  api: IncusApi,
  image: BuiltImage,
  { signal }: CallOptions = {},
): Promise<void> {
  const fingerprint = await getFingerprint(image, signal);
  if (!(await api.images.exists(fingerprint, { signal }))) await create(api, image, fingerprint, signal);
  if (await api.images.hasAlias(image.alias, { signal })) return;
  try {
    await api.images.createAlias({ name: image.alias, target: fingerprint }, { signal });
  } catch (error) {
    if (!(error instanceof IncusApiError && (await api.images.hasAlias(image.alias, { signal }))))
      throw error;
  }
}

/**
 * Imports a built image and lets its alias stand for it from now on. The image that the alias stood for is removed, unless it has other names;
 * sandboxes made from it live on.
 */
export async function replaceImage(
  api: IncusApi,
  image: BuiltImage,
  { signal }: CallOptions = {},
): Promise<void> {
  const { alias } = image;
  const old = (await api.images.list({ signal })).find(({ aliases }) =>
    aliases.some(({ name }) => name === alias),
  );
  const fingerprint = await getFingerprint(image, signal);
  if (old === undefined || old.fingerprint === fingerprint) {
    await importImage(api, image, { signal });
    return;
  }
  if (!(await api.images.exists(fingerprint, { signal }))) await create(api, image, fingerprint, signal);
  await api.images.moveAlias({ name: alias, target: fingerprint }, { signal });
  if (old.aliases.length === 1) await api.images.remove(old.fingerprint, { signal });
}

/** Sees to it that the daemon has an image by this name: what is there, else what is in the cache, else built. */
export async function ensureImage(
  api: IncusApi,
  image: string,
  options: BuildImageOptions & WaitOptions = {},
): Promise<void> {
  const { signal, onProgress } = options;
  if (await api.images.hasAlias(image, { signal })) return;
  const built = await buildImage(image, options);
  onProgress?.(`importing the image "${image}"`);
  await importImage(api, built, { signal });
}

async function create(
  api: IncusApi,
  image: BuiltImage,
  fingerprint: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await api.images.create(
      { metadata: createReadStream(image.metadataPath), rootfs: createReadStream(image.rootfsPath) },
      { signal },
    );
  } catch (error) {
    // somebody else imported the same one meanwhile
    if (!(error instanceof IncusApiError && (await api.images.exists(fingerprint, { signal })))) throw error;
  }
}

/** Incus: doc/image-format, "Split tarballs": the SHA-256 of metadata and root file system, one after the other. */
async function getFingerprint(
  { metadataPath, rootfsPath }: BuiltImage,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  for (const path of [metadataPath, rootfsPath])
    for await (const part of createReadStream(path, { signal })) hash.update(part as Buffer);
  return hash.digest("hex");
}
