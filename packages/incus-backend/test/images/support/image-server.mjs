// `node image-server.mjs <metadata tar> <squashfs>`: a simplestreams server on a loopback port, which it prints. Every request is a line on
// stdout. The first part of the path says how it behaves: well, slow, broken, silent.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const IMAGES = 8;
const [metadataPath, rootfsPath] = process.argv.slice(2);
const rootfs = readFileSync(rootfsPath);
const architecture = { x64: "amd64", arm64: "arm64" }[process.arch];

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};
// blocks of zeros at the end of a tar mean nothing, and make it another image; number 0 is the very one that is built here
const metadata = Array.from({ length: IMAGES }, (_, index) =>
  Buffer.concat([readFileSync(metadataPath), Buffer.alloc(10_240 * index)]),
);

const toProduct = (index) => ({
  aliases: `stand-in/${index}`,
  arch: architecture,
  os: "Debian",
  release: "bookworm",
  variant: `number-${index}`,
  versions: {
    "20260101_00:00": {
      items: {
        "incus.tar.xz": {
          ftype: "incus.tar.xz",
          path: `metadata/${index}`,
          size: metadata[index].length,
          sha256: sha256(metadata[index]),
          combined_squashfs_sha256: sha256(metadata[index], rootfs),
        },
        "root.squashfs": {
          ftype: "squashfs",
          path: `rootfs/${index}`,
          size: rootfs.length,
          sha256: sha256(rootfs),
        },
      },
    },
  },
});
const products = Object.fromEntries(
  metadata.map((_, index) => [`debian:bookworm:${architecture}:number-${index}`, toProduct(index)]),
);
const documents = {
  "streams/v1/index.json": {
    format: "index:1.0",
    index: {
      images: {
        datatype: "image-downloads",
        format: "products:1.0",
        path: "streams/v1/images.json",
        products: Object.keys(products),
      },
    },
  },
  "streams/v1/images.json": {
    content_id: "images",
    datatype: "image-downloads",
    format: "products:1.0",
    products,
  },
};

async function sendSlowly(response) {
  for (let start = 0; start < rootfs.length && !response.destroyed; start += 2 ** 19) {
    response.write(rootfs.subarray(start, start + 2 ** 19));
    await sleep(50);
  }
  response.end();
}

const server = createServer((request, response) => {
  process.stdout.write(`${request.url}\n`);
  const [, manner, ...rest] = request.url.split("/");
  const path = rest.join("/");
  if (manner === "silent") return;
  if (manner === "broken") return response.end("not what was asked for");
  if (path in documents)
    return response.setHeader("content-type", "application/json").end(JSON.stringify(documents[path]));
  const [kind, index] = rest;
  if (kind === "metadata") return response.end(metadata[Number(index)]);
  if (kind !== "rootfs") return response.writeHead(404).end();
  response.setHeader("content-length", statSync(rootfsPath).size);
  if (manner === "slow") void sendSlowly(response);
  else createReadStream(rootfsPath).pipe(response);
});
// it ends with the test, however that ends
process.stdin.resume().on("end", () => process.exit());
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${server.address().port}\n`));
