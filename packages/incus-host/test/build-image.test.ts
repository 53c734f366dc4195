import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage, installTools } from "@pixels/incus-host";
import { beforeAll, expect, onTestFinished, test } from "vitest";

beforeAll(() => installTools(), 600_000);

test("an aborted build rejects with the reason and leaves nothing in the cache", async () => {
  const cacheFolder = await mkdtemp(join(tmpdir(), "pixels-images-"));
  onTestFinished(() => rm(cacheFolder, { recursive: true }));
  const abort = new AbortController();
  const reason = new Error("enough");
  let foldersMeanwhile: readonly string[] = [];
  const build = buildImage("debian/12", {
    cacheFolder,
    signal: abort.signal,
    onProgress: () => {
      void readdir(cacheFolder).then((names) => {
        foldersMeanwhile = names;
        abort.abort(reason);
      });
    },
  });
  await expect(build).rejects.toBe(reason);
  expect(foldersMeanwhile).not.toEqual([]);
  expect(await readdir(cacheFolder)).toEqual([]);
});
