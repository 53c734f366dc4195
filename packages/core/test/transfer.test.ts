import { execFile } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TransferProgress } from "../src/index.ts";
import { openDirectory } from "./support/directory-files.ts";
import { describeTree, withoutSetId } from "./support/trees.ts";

let folder: string;
let local: string;
let outside: string;
let remote: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-transfer-"));
  local = join(folder, "local");
  outside = join(folder, "outside");
  remote = join(folder, "remote");
  for (const path of [local, outside, remote]) await mkdir(path);
  await writeFile(join(outside, "kept"), "as it was");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function expectOutsideUntouched(): Promise<void> {
  expect(await readdir(outside)).toEqual(["kept"]);
  expect(await readFile(join(outside, "kept"), "utf8")).toBe("as it was");
}

/** Names, modes, symlinks and depths of all sorts. */
async function makeTree(root: string): Promise<void> {
  const odd = [
    "two words",
    `it's "quoted"`,
    "line\nbreak",
    "größe 🚀",
    "-rf",
    "--",
    "~",
    "$HOME",
    "*",
    "a\\b",
    "…".repeat(85),
    " ",
  ];
  await mkdir(join(root, "odd"), { recursive: true });
  for (const [index, name] of odd.entries()) await writeFile(join(root, "odd", name), `${index}`);
  await mkdir(join(root, "-p"));
  await writeFile(join(root, "-p/empty"), "");
  await writeFile(join(root, "large"), Buffer.alloc(1_000_003, "content"));
  for (const mode of [0o600, 0o400, 0o755, 0o4755, 0o2711, 0o1644, 0o000, 0o777]) {
    await writeFile(join(root, mode.toString(8)), mode.toString(8));
    await chmod(join(root, mode.toString(8)), mode);
  }
  for (const mode of [0o700, 0o555, 0o1777, 0o2750, 0o300]) {
    const directory = join(root, `directory-${mode.toString(8)}`);
    await mkdir(join(directory, "deep/er"), { recursive: true });
    await writeFile(join(directory, "deep/er/file"), "x");
    await chmod(directory, mode);
  }
  await symlink("large", join(root, "link"));
  await symlink("nowhere at all", join(root, "dangling"));
  await symlink(outside, join(root, "to-outside"));
  await symlink("..", join(root, "up"));
  await mkdir(join(root, "empty directory"));
}

describe("both ways", () => {
  test("a tree comes out as it is", async () => {
    await makeTree(join(local, "tree"));
    const files = openDirectory(remote);
    const expected = await describeTree(join(local, "tree"));
    const up = await files.upload(join(local, "tree"), "/deep/down/tree");
    expect(await describeTree(join(remote, "deep/down/tree"))).toEqual(expected);
    const down = await files.download("/deep/down/tree", join(local, "deep/down/again"));
    expect(await describeTree(join(local, "deep/down/again"))).toEqual(withoutSetId(expected));
    expect(down).toEqual(up);
    expect(up.files).toBe(expected.filter((line) => !/" directory \d+$/.test(line)).length);
    expect(up.skipped).toEqual([]);
    await expectOutsideUntouched();
  });

  test("what is there is filled up, replaced file by file, and keeps its directories' modes", async () => {
    await mkdir(join(local, "tree/sub"), { recursive: true });
    await writeFile(join(local, "tree/sub/new"), "new");
    await symlink("new", join(local, "tree/sub/changed"));
    await writeFile(join(local, "tree/was-link"), "a file");
    const files = openDirectory(remote);
    for (const root of [join(remote, "tree"), join(local, "again")]) {
      await mkdir(join(root, "sub"), { recursive: true });
      await chmod(join(root, "sub"), 0o711);
      await writeFile(join(root, "sub/old"), "old");
      await writeFile(join(root, "sub/changed"), "a file");
      await symlink(join(outside, "kept"), join(root, "was-link"));
    }
    await files.upload(join(local, "tree"), "/tree");
    await files.download("/tree", join(local, "again"));
    for (const root of [join(remote, "tree"), join(local, "again")]) {
      expect((await readdir(join(root, "sub"))).toSorted()).toEqual(["changed", "new", "old"]);
      expect((await lstat(join(root, "sub"))).mode & 0o777).toBe(0o711);
      expect(await readlink(join(root, "sub/changed"))).toBe("new");
      expect(await readFile(join(root, "was-link"), "utf8")).toBe("a file");
      expect((await lstat(join(root, "was-link"))).isFile()).toBe(true);
    }
    await expectOutsideUntouched();
  });

  test("a symlink at the top is followed", async () => {
    await writeFile(join(local, "file"), "content");
    await symlink("file", join(local, "link"));
    const files = openDirectory(remote);
    await files.upload(join(local, "link"), "/uploaded");
    await mkdir(join(remote, "real/sub"), { recursive: true });
    await writeFile(join(remote, "real/sub/file"), "in the sandbox");
    await symlink("/real/sub", join(remote, "to-sub"));
    await symlink("to-sub/../sub/file", join(remote, "to-file"));
    await files.download("/to-file", join(local, "down"));
    await files.download("/to-sub", join(local, "sub"));
    await files.upload(local, "/to-sub");
    expect((await lstat(join(remote, "uploaded"))).isFile()).toBe(true);
    expect(await readFile(join(local, "down"), "utf8")).toBe("in the sandbox");
    expect(await readdir(join(local, "sub"))).toEqual(["file"]);
    expect(await readFile(join(remote, "real/sub/file"), "utf8")).toBe("content");
  });

  test("devices, sockets, pipes and names that are not UTF-8 are skipped", async () => {
    const run = promisify(execFile);
    await mkdir(join(local, "tree"));
    await run("mkfifo", [join(local, "tree/pipe")]);
    await writeFile(Buffer.concat([Buffer.from(join(local, "tree/bad-")), Buffer.from([0xff])]), "x");
    await symlink(Buffer.from([0x78, 0xff]), join(local, "tree/bad-target"));
    await writeFile(join(local, "tree/good"), "x");
    const server = createServer().listen(join(local, "tree/socket"));
    try {
      const files = openDirectory(remote);
      const { files: count, skipped } = await files.upload(join(local, "tree"), "/tree");
      expect(count).toBe(1);
      expect(skipped).toEqual(
        ["bad-target", "bad-\uFFFD", "pipe", "socket"].map((name) => join(local, "tree", name)),
      );
      expect(await readdir(join(remote, "tree"))).toEqual(["good"]);
      await run("mkfifo", [join(remote, "tree/pipe")]);
      await symlink(Buffer.from([0x78, 0xff]), join(remote, "tree/bad-target"));
      expect((await files.download("/tree", join(local, "again"))).skipped).toEqual([
        "/tree/bad-target",
        "/tree/pipe",
      ]);
      expect(await readdir(join(local, "again"))).toEqual(["good"]);
    } finally {
      server.close();
    }
  });

  test("progress is told now and then, and at the end", async () => {
    await mkdir(join(local, "tree"));
    for (let index = 0; index < 300; index++) await writeFile(join(local, `tree/${index}`), "12345");
    const told: TransferProgress[] = [];
    const startedAt = performance.now();
    const result = await openDirectory(remote).upload(join(local, "tree"), "/tree", {
      onProgress: (progress) => void told.push(progress),
    });
    expect(told.length).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / 100);
    expect(told.at(-1)).toEqual({ files: 300, bytes: 1500 });
    expect(result).toEqual({ files: 300, bytes: 1500, skipped: [] });
  });
});

describe("a hostile sandbox", () => {
  test("a symlink that an earlier download has left is not written through", async () => {
    const files = openDirectory(remote);
    await mkdir(join(remote, "tree"));
    await symlink(outside, join(remote, "tree/a"));
    await symlink(join(outside, "kept"), join(remote, "tree/f"));
    await files.download("/tree", join(local, "tree"));
    await files.download("/tree", join(local, "tree"));
    await rm(join(remote, "tree/a"));
    await rm(join(remote, "tree/f"));
    await mkdir(join(remote, "tree/a"));
    await writeFile(join(remote, "tree/a/kept"), "evil");
    await writeFile(join(remote, "tree/f"), "evil");
    await expect(files.download("/tree", join(local, "tree"))).rejects.toMatchObject({
      code: "FILE_REFUSED",
      message: expect.stringContaining(join(local, "tree/a")),
    });
    await expect(files.download("/tree/a", join(local, "tree/a"))).rejects.toMatchObject({
      code: "FILE_REFUSED",
    });
    await files.download("/tree/f", join(local, "tree/f"));
    expect((await lstat(join(local, "tree/f"))).isFile()).toBe(true);
    await expectOutsideUntouched();
  });

  test.each([
    "/tree/../../outside/evil",
    "/elsewhere",
    "/tree/..",
    "/tree/.",
    "/tree/",
    "/tree/a/b",
    "/tree/a\0b",
    "/tree",
  ])("the name %j is skipped", async (path) => {
    await mkdir(join(remote, "tree"));
    await writeFile(join(remote, "tree/good"), "x");
    const files = openDirectory(remote, (honest) => ({
      ...honest,
      list: async (...args) =>
        (await honest.list(...args)).flatMap((info) => [
          info,
          { ...info, path },
          { ...info, kind: "symlink", path },
        ]),
    }));
    const { skipped } = await files.download("/tree", join(local, "tree"));
    expect(skipped).toEqual([path, path]);
    expect(await readdir(join(local, "tree"))).toEqual(["good"]);
    expect((await readdir(local)).toSorted()).toEqual(["tree"]);
    await expectOutsideUntouched();
  });

  test.each([
    ["symlink", "directory"],
    ["directory", "symlink"],
  ] as const)("one name as %s and as %s leads nowhere", async (...kinds) => {
    await mkdir(join(remote, "tree/a"), { recursive: true });
    await writeFile(join(remote, "tree/a/kept"), "evil");
    const files = openDirectory(remote, (honest) => ({
      ...honest,
      list: async (name, path, options) => {
        const entries = await honest.list(name, path, options);
        return path === "/tree"
          ? entries.flatMap((info) => [
              { ...info, kind: kinds[0] },
              { ...info, kind: kinds[1] },
            ])
          : entries;
      },
      readlink: () => Promise.resolve(outside),
    }));
    await expect(files.download("/tree", join(local, "tree"))).rejects.toMatchObject({
      code: "FILE_REFUSED",
    });
    await expectOutsideUntouched();
  });
});

describe("a transfer that ends early", () => {
  test.each(["upload", "download"] as const)(
    "an aborted %s gives the reason, and leaves whole files alone",
    async (direction) => {
      const from = direction === "upload" ? local : remote;
      const to = direction === "upload" ? remote : local;
      await mkdir(join(from, "from"));
      for (let index = 0; index < 200; index++)
        await writeFile(join(from, `from/${index}`), Buffer.alloc(50_000, "new"));
      await mkdir(join(to, "to"));
      for (let index = 0; index < 200; index++) await writeFile(join(to, `to/${index}`), "old");
      const controller = new AbortController();
      const reason = new Error("enough");
      const options = {
        signal: controller.signal,
        onProgress: ({ bytes }: TransferProgress) => {
          if (bytes > 0) controller.abort(reason);
        },
      };
      const files = openDirectory(remote);
      await expect(
        direction === "upload"
          ? files.upload(join(local, "from"), "/to", options)
          : files.download("/from", join(local, "to"), options),
      ).rejects.toBe(reason);
      const left = await readdir(join(to, "to"));
      expect(left).toHaveLength(200);
      const sizes = await Promise.all(left.map(async (name) => (await lstat(join(to, "to", name))).size));
      expect(sizes.filter((size) => size !== 3 && size !== 50_000)).toEqual([]);
      expect(sizes).toContain(3);
    },
  );

  test("a signal that was aborted before changes nothing", async () => {
    const files = openDirectory(remote);
    await writeFile(join(remote, "file"), "x");
    const signal = AbortSignal.abort(new Error("before"));
    await expect(files.download("/file", join(local, "a/b"), { signal })).rejects.toBe(signal.reason);
    await expect(files.upload(join(outside, "kept"), "/up", { signal })).rejects.toBe(signal.reason);
    expect(await readdir(local)).toEqual([]);
    expect(await readdir(remote)).toEqual(["file"]);
  });

  test("a content that breaks off leaves the old file and nothing beside it", async () => {
    await writeFile(join(remote, "file"), "new");
    await writeFile(join(local, "file"), "old");
    const broken = new Error("broken");
    const files = openDirectory(remote, (honest) => ({
      ...honest,
      read: () =>
        Promise.resolve(
          new ReadableStream({
            pull(controller) {
              controller.enqueue(Buffer.from("ne"));
              controller.error(broken);
            },
          }),
        ),
    }));
    await expect(files.download("/file", join(local, "file"))).rejects.toBe(broken);
    expect(await readdir(local)).toEqual(["file"]);
    expect(await readFile(join(local, "file"), "utf8")).toBe("old");
  });
});

describe("what is wrong on this machine names the local path", () => {
  test.each([
    ["missing", "FILE_NOT_FOUND"],
    ["file/below", "FILE_REFUSED"],
    ["loop", "FILE_REFUSED"],
    ["", "INVALID_ARGUMENT"],
    ["a\0b", "INVALID_ARGUMENT"],
  ])("upload of %j", async (name, code) => {
    await writeFile(join(local, "file"), "x");
    await symlink("loop", join(local, "loop"));
    const path = name === "" ? "" : join(local, name);
    const error = {
      code,
      message: expect.stringContaining(JSON.stringify(path)),
      next: expect.stringMatching(/./),
    };
    await expect(openDirectory(remote).upload(path, "/up")).rejects.toMatchObject(error);
    expect(await readdir(remote)).toEqual([]);
  });

  test.each([
    ["directory", "FILE_REFUSED"],
    ["file/below", "FILE_REFUSED"],
    ["n".repeat(256), "FILE_REFUSED"],
    ["", "INVALID_ARGUMENT"],
  ])("download to %j", async (name, code) => {
    await writeFile(join(remote, "file"), "x");
    await writeFile(join(local, "file"), "x");
    await mkdir(join(local, "directory"));
    const path = name === "" ? "" : join(local, name);
    await expect(openDirectory(remote).download("/file", path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name === "file/below" ? join(local, "file") : JSON.stringify(path)),
    });
    expect((await readdir(local)).toSorted()).toEqual(["directory", "file"]);
  });
});
