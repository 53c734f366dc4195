import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import type { IncusOperations } from "./operations.ts";
import type { IncusTransport } from "./transport.ts";

const aliasSchema = v.object({ name: v.string(), target: v.string() });
export type ImageAlias = v.InferOutput<typeof aliasSchema>;

/** The two halves of a split image: a tar with metadata.yaml and templates, and the root file system as squashfs or tar. */
export interface SplitImage {
  readonly metadata: AsyncIterable<Uint8Array>;
  readonly rootfs: AsyncIterable<Uint8Array>;
}

/** /1.0/images. A missing image or alias rejects with an `IncusApiError` of status 404. */
export interface IncusImages {
  /** Resolves once the image can be used. An image with the same content is refused with status 500. */
  create(image: SplitImage, options?: CallOptions): Promise<void>;
  /** `fingerprint`: the SHA-256 of metadata and rootfs, one after the other. */
  exists(fingerprint: string, options?: CallOptions): Promise<boolean>;
  listAliases(options?: CallOptions): Promise<readonly ImageAlias[]>;
  /** An alias that exists is refused with status 409. */
  createAlias(alias: ImageAlias, options?: CallOptions): Promise<void>;
}

export function createImages(transport: IncusTransport, operations: IncusOperations): IncusImages {
  return {
    async create(image, options) {
      const boundary = randomUUID();
      const response = await transport.request("POST", "/1.0/images", {
        ...options,
        body: Readable.from(multipart(image, boundary)),
        headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
      });
      await operations.finish(response, options);
    },

    async exists(fingerprint, options) {
      const { envelope } = await transport.request("GET", "/1.0/images", options);
      const urls = parseBody(v.array(v.string()), envelope.metadata, "the list of images");
      return urls.some((url) => url.split("?")[0] === `/1.0/images/${fingerprint}`);
    },

    async listAliases(options) {
      const { envelope } = await transport.request("GET", "/1.0/images/aliases?recursion=1", options);
      return parseBody(v.array(aliasSchema), envelope.metadata, "the list of image aliases");
    },

    async createAlias(alias, options) {
      await transport.request("POST", "/1.0/images/aliases", { ...options, body: alias });
    },
  };
}

/** The daemon wants the parts by these names and in this order (Incus: POST /1.0/images). */
async function* multipart({ metadata, rootfs }: SplitImage, boundary: string): AsyncIterable<Uint8Array> {
  const head = (name: string) =>
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n` +
        "content-type: application/octet-stream\r\n\r\n",
    );
  yield head("metadata");
  yield* metadata;
  yield Buffer.from("\r\n");
  yield head("rootfs");
  yield* rootfs;
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
