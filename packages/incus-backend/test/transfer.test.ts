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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  createSandboxClient,
  expectSuccess,
  type OwnedSandbox,
  shell,
  type TransferProgress,
} from "@pixels/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { describeTree, withoutSetId } from "../../core/test/support/trees.ts";
import { incusBackend } from "../src/index.ts";

const MIB = 2 ** 20;
const client = createSandboxClient({
  backend: incusBackend({ socket: inject("incusSocket"), spareLaunchers: 0 }),
});
const source = { kind: "image", image: "debian/12" } as const;
let sandbox: OwnedSandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await client.create({ name: "transfer", source });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-transfer-"));
  await mkdir(join(folder, "outside"));
  await writeFile(join(folder, "outside/kept"), "as it was");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await run("rm -rf /srv/* /srv/.[!.]*");
});

/** What a script in the sandbox prints. */
async function run(script: string): Promise<string> {
  return expectSuccess(await sandbox.exec(shell(script))).stdout;
}

async function expectOutsideUntouched(): Promise<void> {
  expect((await readdir(folder)).toSorted()).toContain("outside");
  expect(await readdir(join(folder, "outside"))).toEqual(["kept"]);
  expect(await readFile(join(folder, "outside/kept"), "utf8")).toBe("as it was");
}

test("names, modes and symlinks of all sorts come out as they are", async () => {
  const tree = join(folder, "tree");
  await mkdir(join(tree, "-p/two words"), { recursive: true });
  const names = [
    "two words",
    `it's "quoted"`,
    "line\nbreak",
    "größe 🚀",
    "-rf",
    "--",
    "$HOME",
    "*",
    "a\\b",
    "n".repeat(255),
  ];
  for (const name of names) await writeFile(join(tree, "-p/two words", name), name);
  for (const mode of [0o600, 0o400, 0o755, 0o4755, 0o2711, 0o6755, 0o000]) {
    await writeFile(join(tree, mode.toString(8)), "x");
    await chmod(join(tree, mode.toString(8)), mode);
  }
  for (const mode of [0o700, 0o555, 0o1777, 0o2750]) {
    const directory = join(tree, `directory-${mode.toString(8)}`);
    await mkdir(directory);
    await writeFile(join(directory, "file"), "x");
    await chmod(directory, mode);
  }
  await symlink("600", join(tree, "link"));
  await symlink(join(folder, "outside"), join(tree, "absolute"));
  await symlink("no such thing", join(tree, "dangling"));

  const up = await sandbox.files.upload(tree, "/srv/new parent/tree");
  expect(up.skipped).toEqual([]);
  const find = "find . -type d -printf '%M %p\\0' , ! -type d -printf '%M %s %l %p\\0' | LC_ALL=C sort -z";
  const { stdout: here } = await promisify(execFile)("sh", ["-c", find], { cwd: tree });
  expect(await run(`cd '/srv/new parent/tree'; ${find}`)).toBe(here);
  expect(await run("find '/srv/new parent' -name '.px*'")).toBe("");

  const down = await sandbox.files.download("/srv/new parent/tree", join(folder, "down/tree"));
  expect(down).toEqual(up);
  expect(await describeTree(join(folder, "down/tree"))).toEqual(withoutSetId(await describeTree(tree)));
  await expectOutsideUntouched();
});

test("what is there is filled up and replaced, and keeps its directories' modes", async () => {
  await run(
    "mkdir -p /srv/tree/sub && chmod 711 /srv/tree/sub && cd /srv/tree && echo old >sub/old && echo old >sub/link && ln -s /etc/passwd file",
  );
  const tree = join(folder, "tree");
  await mkdir(join(tree, "sub"), { recursive: true });
  await symlink("old", join(tree, "sub/link"));
  await writeFile(join(tree, "file"), "new");
  const before = await run("md5sum /etc/passwd");
  await sandbox.files.upload(tree, "/srv/tree");
  expect(
    await run("cd /srv/tree; stat -c %a sub; readlink sub/link; cat sub/old file; stat -c %F file"),
  ).toBe("711\nold\nold\nnewregular file\n");
  expect(await run("md5sum /etc/passwd")).toBe(before);
  await run("cd /srv/tree; rm -r sub; ln -s /tmp sub");
  await expect(sandbox.files.upload(tree, "/srv/tree")).rejects.toMatchObject({
    code: "FILE_REFUSED",
    message: expect.stringContaining("/srv/tree/sub"),
  });
});

describe("a hostile tree", () => {
  test("its symlinks are text, and what they name here is neither read nor written", async () => {
    const outside = join(folder, "outside");
    await run(
      `mkdir -p /srv/tree/deep && cd /srv/tree && ln -s '${outside}' a && ln -s '${outside}/kept' f && ln -s ../../../../.. deep/up && ln -s /etc/shadow s && ln -s / root`,
    );
    const target = join(folder, "down");
    await sandbox.files.download("/srv/tree", target);
    await sandbox.files.download("/srv/tree", target);
    expect(await readlink(join(target, "a"))).toBe(outside);
    expect(await readlink(join(target, "deep/up"))).toBe("../../../../..");
    await expectOutsideUntouched();

    // the names that were symlinks are now what would be written through them
    await run("cd /srv/tree && rm a f && mkdir a && echo evil >a/kept && echo evil >a/new && echo evil >f");
    await expect(sandbox.files.download("/srv/tree", target)).rejects.toMatchObject({
      code: "FILE_REFUSED",
      message: expect.stringContaining(join(target, "a")),
    });
    await expectOutsideUntouched();
    await run("rm -r /srv/tree/a");
    await sandbox.files.download("/srv/tree", target);
    expect((await lstat(join(target, "f"))).isFile()).toBe(true);
    expect(await readFile(join(target, "f"), "utf8")).toBe("evil\n");
    await expectOutsideUntouched();
  });

  test("its devices, sockets, pipes and names that are not UTF-8 are skipped", async () => {
    await run(
      "mkdir -p /srv/tree/sub && cd /srv/tree && mkfifo pipe && touch good \"$(printf 'bad\\377')\" && mkdir \"$(printf 'sub/bad\\377')\" && ln -s \"$(printf 'x\\377')\" target && perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => \"socket\", Listen => 1)'",
    );
    const { files, skipped } = await sandbox.files.download("/srv/tree", join(folder, "down"));
    expect(skipped).toEqual(
      ["bad\uFFFD", "pipe", "socket", "sub/bad\uFFFD", "target"].map((name) => `/srv/tree/${name}`),
    );
    expect(files).toBe(1);
    expect((await readdir(join(folder, "down"), { recursive: true })).toSorted()).toEqual(["good", "sub"]);
  });
});

describe("a transfer that ends early", () => {
  test.each(["upload", "download"] as const)(
    "an aborted %s leaves each file old or new, and nothing else",
    async (direction) => {
      const size = 200_000;
      const tree = join(folder, "tree");
      await mkdir(tree);
      for (let index = 0; index < 200; index++)
        await writeFile(
          join(tree, String(index)),
          direction === "upload" ? Buffer.alloc(size, "new") : "old",
        );
      await run(
        direction === "upload"
          ? "mkdir /srv/tree; cd /srv/tree; for i in $(seq 0 199); do printf old >$i; done"
          : `mkdir /srv/tree; cd /srv/tree; head -c ${size} /dev/zero >0; for i in $(seq 1 199); do cp 0 $i; done`,
      );
      const controller = new AbortController();
      const reason = new Error("enough");
      const options = {
        signal: controller.signal,
        onProgress: ({ files }: TransferProgress) => {
          if (files > 0) controller.abort(reason);
        },
      };
      await expect(
        direction === "upload"
          ? sandbox.files.upload(tree, "/srv/tree", options)
          : sandbox.files.download("/srv/tree", tree, options),
      ).rejects.toBe(reason);
      const sizes =
        direction === "upload"
          ? (await run("cd /srv/tree; stat -c %s $(ls -A)")).trim().split("\n").map(Number)
          : await Promise.all(
              (await readdir(tree)).map(async (name) => (await lstat(join(tree, name))).size),
            );
      expect(sizes).toHaveLength(200);
      expect(sizes.filter((one) => one !== 3 && one !== size)).toEqual([]);
      expect(sizes).toContain(3);
      expect(sizes).toContain(size);
    },
  );

  test("a full disk in the sandbox is CAPACITY_EXHAUSTED and leaves the old file", async () => {
    await using small = await client.create({ name: "transfer-small", source, diskBytes: 600 * MIB });
    await small.files.write("/srv/file", "old");
    await small.exec(shell("cat /dev/zero >/srv/fill; sync"), { timeoutMs: 50_000 });
    await writeFile(join(folder, "file"), Buffer.alloc(20 * MIB, "new"));
    await expect(small.files.upload(join(folder, "file"), "/srv/file")).rejects.toMatchObject({
      code: "CAPACITY_EXHAUSTED",
    });
    expect((await small.exec(shell("cat /srv/file; ls -A /srv"))).stdout).toBe("oldfile\nfill\n");
  });
});

test("a stopped sandbox gives and takes files, too", async () => {
  await using stopped = await client.create({ name: "transfer-stopped", source });
  await stopped.stop();
  await stopped.files.upload(join(folder, "outside"), "/srv/pushed");
  await stopped.files.download("/srv/pushed", join(folder, "pulled"));
  expect(await readFile(join(folder, "pulled/kept"), "utf8")).toBe("as it was");
  expect((await stopped.info()).status).toBe("stopped");
});
