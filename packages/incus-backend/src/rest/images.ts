import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { CallOptions } from "@pixels/core";
import { parseBody } from "@pixels/core/backend";
import * as v from "valibot";
import { IncusApiError } from "./errors.ts";
import type { IncusOperations } from "./operations.ts";
import type { IncusTransport } from "./transport.ts";

export interface ImageAlias {
  readonly name: string;
  /** Fingerprint of the image. */
  readonly target: string;
}

const imageSchema = v.object({
  fingerprint: v.string(),
  type: v.string(),
  size: v.number(),
  architecture: v.string(),
  uploaded_at: v.string(),
  aliases: v.nullish(v.array(v.object({ name: v.string() })), []),
  properties: v.nullish(v.record(v.string(), v.string()), {}),
});
/** `size` in bytes. */
export type Image = v.InferOutput<typeof imageSchema>;

/** A container image on a server that speaks simplestreams. */
export interface RemoteImage {
  readonly server: string;
  /** Its name there, and the alias that it gets here. */
  readonly alias: string;
}

export interface PullOptions extends CallOptions {
  /** The server's words on how far it is, such as "rootfs: 40% (12.00MB/s)", each time they change. */
  readonly onProgress?: (words: string) => void;
}

const PULL_INTERVAL_MS = 250;
/** The server tries for minutes to connect; while it downloads its words change all the time. Less than a create may be silent. */
const PULL_SILENCE_MS = 60_000;

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
  list(options?: CallOptions): Promise<readonly Image[]>;
  /**
   * The server downloads an image, gives it the alias, and updates it from then on as it does with its own (images.auto_update_interval).
   * An abort ends the download where the server lets it be ended, which it does not while it connects. Rejects with `IncusApiError` in
   * the words of the failure, among them where the server makes no progress for a minute.
   */
  pull(image: RemoteImage, options?: PullOptions): Promise<void>;
  hasAlias(name: string, options?: CallOptions): Promise<boolean>;
  /** An alias that exists is refused with status 409. */
  createAlias(alias: ImageAlias, options?: CallOptions): Promise<void>;
  /** Lets the alias stand for another image. */
  moveAlias(alias: ImageAlias, options?: CallOptions): Promise<void>;
  remove(fingerprint: string, options?: CallOptions): Promise<void>;
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

    async list(options) {
      const { envelope } = await transport.request("GET", "/1.0/images?recursion=1", options);
      return parseBody(v.array(imageSchema), envelope.metadata, "the list of images");
    },

    async pull({ server, alias }, { signal, onProgress } = {}) {
      const { envelope } = await transport.request("POST", "/1.0/images", {
        signal,
        body: {
          auto_update: true,
          aliases: [{ name: alias }],
          source: {
            type: "image",
            mode: "pull",
            protocol: "simplestreams",
            image_type: "container",
            server,
            alias,
          },
        },
      });
      if (envelope.operation !== undefined)
        await operations.follow(envelope.operation, {
          intervalMs: PULL_INTERVAL_MS,
          silenceMs: PULL_SILENCE_MS,
          signal,
          onMetadata(metadata) {
            const words = metadata["download_progress"];
            if (typeof words === "string") onProgress?.(words);
          },
        });
    },

    async hasAlias(name, options) {
      try {
        await transport.request("GET", aliasPath(name), options);
        return true;
      } catch (error) {
        if (error instanceof IncusApiError && error.status === 404) return false;
        throw error;
      }
    },

    async createAlias(alias, options) {
      await transport.request("POST", "/1.0/images/aliases", { ...options, body: alias });
    },

    async moveAlias({ name, target }, options) {
      await transport.request("PUT", aliasPath(name), { ...options, body: { description: "", target } });
    },

    async remove(fingerprint, options) {
      await operations.finish(
        await transport.request("DELETE", `/1.0/images/${fingerprint}`, options),
        options,
      );
    },
  };
}

function aliasPath(name: string): string {
  return `/1.0/images/aliases/${encodeURIComponent(name)}`;
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
