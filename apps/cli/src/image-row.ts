import type { Image } from "@pixels/incus-backend/rest";
import { formatBytes, formatDuration, toTable } from "./output.ts";

/** An image under one of its names. */
interface NamedImage {
  readonly name: string | undefined;
  readonly image: Image;
}

/** Images as `--json` shows them, an entry a name. */
export function toJson(images: readonly Image[]): readonly Record<string, unknown>[] {
  return byName(images).map(({ name, image }) => ({
    name: name ?? null,
    type: image.type,
    architecture: image.architecture,
    size_bytes: image.size,
    created_at: new Date(image.uploaded_at).toISOString(),
    description: image.properties["description"] ?? null,
    fingerprint: image.fingerprint,
  }));
}

/** Images as a table for people, a row a name; ages count until `now`. */
export function toRows(images: readonly Image[], now: Date): string {
  return toTable(
    ["name", "type", "architecture", "size", "age", "description"],
    byName(images).map(({ name, image }) => [
      name ?? "",
      image.type,
      image.architecture,
      formatBytes(image.size),
      formatDuration(Math.max(0, now.getTime() - Date.parse(image.uploaded_at))),
      image.properties["description"] ?? "",
    ]),
  );
}

/** Sorted by name; those without one, as the server keeps of deleted aliases, come last. */
function byName(images: readonly Image[]): readonly NamedImage[] {
  const named = images.flatMap((image): readonly NamedImage[] =>
    image.aliases.length === 0
      ? [{ name: undefined, image }]
      : image.aliases.map(({ name }) => ({ name, image })),
  );
  const key = ({ name, image }: NamedImage): string =>
    name === undefined ? `1${image.fingerprint}` : `0${name}`;
  return named.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
