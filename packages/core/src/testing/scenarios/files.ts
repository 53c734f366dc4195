import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { Sandbox } from "../../sandbox.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";

const MIB = 2 ** 20;
const oddNames = [
  "two words",
  'it\'s "quoted"',
  "line\nbreak",
  "-rf",
  "$HOME `id` *",
  "ünï 🦊 e\u0301",
  "back\\slash",
  "...",
];
let made = 0;

/** A new directory of the scenario's own. */
async function makeFolder({ files }: Sandbox): Promise<string> {
  const folder = `/var/tmp/pixels-files/${made++}`;
  await files.mkdir(folder);
  return folder;
}

async function readBytes({ files }: Sandbox, path: string, range = {}): Promise<Buffer> {
  return await buffer(await files.read(path, range));
}

async function listNames({ files }: Sandbox, path: string): Promise<readonly string[]> {
  return (await files.list(path)).map((file) => file.path.slice(path.length + 1));
}

export const files = {
  "files:round-trip": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    await sandbox.files.write(`${folder}/new parents/every byte`, bytes);
    expect(await readBytes(sandbox, `${folder}/new parents/every byte`)).toEqual(bytes);
    await sandbox.files.write(`${folder}/empty`, "");
    expect(await sandbox.files.readText(`${folder}/empty`)).toBe("");
    const text = "größer\n";
    await sandbox.files.write(`${folder}/text`, text);
    expect(await sandbox.files.readText(`${folder}/text`)).toBe(text);
    expect((await sandbox.exec(["cat", `${folder}/text`])).stdout).toBe(text);
  },

  "files:odd-names": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    for (const name of oddNames) await sandbox.files.write(`${folder}/${name}`, name);
    expect(await listNames(sandbox, folder)).toEqual(oddNames.toSorted());
    for (const name of oddNames) {
      expect((await sandbox.exec(["cat", `${folder}/${name}`])).stdout).toBe(name);
      await sandbox.files.rename(`${folder}/${name}`, `${folder}/${name}.moved`);
      expect(await sandbox.files.readText(`${folder}/${name}.moved`)).toBe(name);
      await sandbox.files.remove(`${folder}/${name}.moved`);
    }
    expect(await listNames(sandbox, folder)).toEqual([]);
  },

  "files:read-range": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    await sandbox.files.write(`${folder}/file`, bytes);
    for (const [offset, length] of [
      [0, 0],
      [0, 10],
      [255_990, 20],
      [100_000, 170_000],
      [299_990, 100],
      [300_000, 10],
      [1_000_000, 10],
    ] as const) {
      const read = await readBytes(sandbox, `${folder}/file`, { offset, length });
      expect(read.equals(bytes.subarray(offset, offset + length)), `${offset}+${length}`).toBe(true);
    }
    expect((await readBytes(sandbox, `${folder}/file`, { offset: 299_998 })).length).toBe(2);
  },

  "files:read-made-up": async ({ sandbox }) => {
    expect(await sandbox.files.readText("/proc/version")).toMatch(/^Linux /);
  },

  "files:large": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    const chunk = Buffer.alloc(MIB, "abcdefg");
    async function* content() {
      for (let count = 0; count < 24; count++) yield chunk;
    }
    await sandbox.files.write(`${folder}/large`, content());
    const { stdout } = await sandbox.exec(["sha256sum", `${folder}/large`]);
    const hash = createHash("sha256");
    for await (const data of content()) hash.update(data);
    expect(stdout.split(" ")[0]).toBe(hash.digest("hex"));
    let bytes = 0;
    for await (const data of await sandbox.files.read(`${folder}/large`)) {
      for (let index = 0; index < data.length; index += 65_537)
        expect(data[index]).toBe(chunk[(bytes + index) % MIB]);
      bytes += data.length;
    }
    expect(bytes).toBe(24 * MIB);
  },

  "files:missing": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    const missing = { code: "FILE_NOT_FOUND" };
    await expect(own.read(`${folder}/no`)).rejects.toMatchObject(missing);
    await expect(own.stat(`${folder}/no`)).rejects.toMatchObject(missing);
    await expect(own.list(`${folder}/no`)).rejects.toMatchObject(missing);
    await expect(own.readlink(`${folder}/no`)).rejects.toMatchObject(missing);
    await expect(own.chmod(`${folder}/no`, 0o600)).rejects.toMatchObject(missing);
    await expect(own.rename(`${folder}/no`, `${folder}/other`)).rejects.toMatchObject(missing);
    await own.remove(`${folder}/no`);
    await own.remove(`${folder}/no/deeper`, { recursive: true });
  },

  "files:wrong-kind": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    await own.write(`${folder}/file`, Buffer.from([0xff, 0xfe]));
    await own.write(`${folder}/directory/inside`, "");
    const refused = { code: "FILE_REFUSED" };
    await expect(own.read(folder)).rejects.toMatchObject(refused);
    await expect(own.readText(`${folder}/file`)).rejects.toMatchObject(refused);
    await expect(own.readlink(`${folder}/file`)).rejects.toMatchObject(refused);
    await expect(own.list(`${folder}/file`)).rejects.toMatchObject(refused);
    await expect(own.mkdir(`${folder}/file`)).rejects.toMatchObject(refused);
    await expect(own.symlink(`${folder}/file`, "target")).rejects.toMatchObject(refused);
    await expect(own.remove(`${folder}/directory`)).rejects.toMatchObject(refused);
    await expect(own.write(`${folder}/directory`, "")).rejects.toMatchObject(refused);
    expect(await listNames(sandbox, folder)).toEqual(["directory", "file"]);
  },

  "files:bad-paths": async ({ client }) => {
    // nobody is asked: there is no such sandbox
    const { files: own } = client.sandbox("nobody");
    const refused = { code: "INVALID_ARGUMENT" };
    for (const path of ["", "relative", "./here", "~/here", "/nul\0"])
      await expect(own.read(path)).rejects.toMatchObject(refused);
    await expect(own.remove("/", { recursive: true })).rejects.toMatchObject(refused);
    await expect(own.chmod("/etc", 0o10_000)).rejects.toMatchObject(refused);
    await expect(own.read("/etc/hosts", { offset: -1 })).rejects.toMatchObject(refused);
  },

  "files:write-attributes": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    const [uid, gid] = (await sandbox.exec(shell("id -u; id -g"))).stdout.split("\n").map(Number);
    await own.write(`${folder}/new`, "");
    expect(await own.stat(`${folder}/new`)).toMatchObject({ mode: 0o644, uid, gid });
    await own.write(`${folder}/chosen`, "", { mode: 0o4750, owner: { uid: 33, gid: 34 } });
    expect(await own.stat(`${folder}/chosen`)).toMatchObject({ mode: 0o4750, uid: 33, gid: 34 });
    await own.write(`${folder}/chosen`, "other");
    expect(await own.stat(`${folder}/chosen`)).toMatchObject({ mode: 0o4750, uid: 33, gid: 34 });
    expect(await own.stat(folder)).toMatchObject({ kind: "directory", mode: 0o755, uid, gid });
  },

  "files:write-whole": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    const texts = ["a".repeat(600_000), "b".repeat(600_000)] as const;
    await sandbox.files.write(`${folder}/file`, texts[0]);
    const reader = `
      while [ ! -e stop ]; do
        case $(tr -d '\\n' <file | fold -w 1000 | sort -u | tr -d '\\n' | wc -c) in 1000) ;; *) echo torn ;; esac
      done`;
    const reading = sandbox.exec(shell(reader), { cwd: folder });
    for (let round = 0; round < 12; round++)
      await sandbox.files.write(`${folder}/file`, texts[round % 2] ?? "");
    await sandbox.files.write(`${folder}/stop`, "");
    expect((await reading).stdout).toBe("");
    expect(await listNames(sandbox, folder)).toEqual(["file", "stop"]);
  },

  "files:write-broken-off": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    await own.write(`${folder}/file`, "old");
    const broken = new Error("the source broke");
    async function* breaking() {
      yield Buffer.alloc(MIB);
      throw broken;
    }
    await expect(own.write(`${folder}/file`, breaking())).rejects.toBe(broken);
    const controller = new AbortController();
    const enough = new Error("enough");
    async function* endless() {
      for (let count = 0; ; count++) {
        if (count === 8) controller.abort(enough);
        yield Buffer.alloc(MIB);
      }
    }
    await expect(own.write(`${folder}/file`, endless(), { signal: controller.signal })).rejects.toBe(enough);
    expect(await own.readText(`${folder}/file`)).toBe("old");
    expect(await listNames(sandbox, folder)).toEqual(["file"]);
  },

  "files:list": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    expectSuccess(
      await sandbox.exec(
        shell("printf 12345 >file; mkdir directory; ln -s /nowhere link; mkfifo pipe; chmod 600 file"),
        { cwd: folder },
      ),
    );
    expect(await sandbox.files.list(folder)).toMatchObject([
      { path: `${folder}/directory`, kind: "directory" },
      { path: `${folder}/file`, kind: "file", sizeBytes: 5, mode: 0o600 },
      { path: `${folder}/link`, kind: "symlink" },
      { path: `${folder}/pipe`, kind: "other" },
    ]);
    const { modifiedAt } = await sandbox.files.stat(`${folder}/file`);
    expect(Math.abs(Date.now() - modifiedAt.getTime())).toBeLessThan(300_000);
    expectSuccess(await sandbox.exec(shell("mkdir many; cd many; seq 700 | xargs touch"), { cwd: folder }));
    expect(await sandbox.files.list(`${folder}/many`)).toHaveLength(700);
  },

  "files:symlinks": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    await own.write(`${folder}/file`, "content");
    await own.symlink(`${folder}/link`, "file");
    expect(await own.readlink(`${folder}/link`)).toBe("file");
    expect(await own.stat(`${folder}/link`)).toMatchObject({ kind: "symlink" });
    expect(await own.readText(`${folder}/link`)).toBe("content");
    await own.write(`${folder}/link`, "new");
    expect(await own.stat(`${folder}/link`)).toMatchObject({ kind: "file" });
    expect(await own.readText(`${folder}/file`)).toBe("content");
  },

  "files:mkdir": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    await own.mkdir(`${folder}/a/b/c`, { mode: 0o700 });
    expect(await own.stat(`${folder}/a/b/c`)).toMatchObject({ kind: "directory", mode: 0o700 });
    expect(await own.stat(`${folder}/a/b`)).toMatchObject({ mode: 0o755 });
    await own.mkdir(`${folder}/a/b/c`);
    expect(await own.stat(`${folder}/a/b/c`)).toMatchObject({ mode: 0o700 });
  },

  "files:rename-and-chmod": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    await own.write(`${folder}/from`, "from");
    await own.write(`${folder}/to`, "to");
    await own.rename(`${folder}/from`, `${folder}/to`);
    await own.chmod(`${folder}/to`, 0o400);
    expect(await own.readText(`${folder}/to`)).toBe("from");
    expect(await own.stat(`${folder}/to`)).toMatchObject({ mode: 0o400 });
    expect(await listNames(sandbox, folder)).toEqual(["to"]);
  },

  "files:remove-tree": async ({ sandbox }) => {
    const { files: own } = sandbox;
    const folder = await makeFolder(sandbox);
    await own.write(`${folder}/kept/file`, "kept");
    expectSuccess(
      await sandbox.exec(shell("mkdir -p tree/deep/er; touch tree/deep/er/file; ln -s ../kept tree/link"), {
        cwd: folder,
      }),
    );
    await own.remove(`${folder}/tree`, { recursive: true });
    expect(await listNames(sandbox, folder)).toEqual(["kept"]);
    expect(await own.readText(`${folder}/kept/file`)).toBe("kept");
  },

  "files:stream-given-up": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    await sandbox.files.write(`${folder}/file`, Buffer.alloc(8 * MIB));
    for (let round = 0; round < 10; round++)
      for await (const data of await sandbox.files.read(`${folder}/file`)) {
        expect(data.length).toBeGreaterThan(0);
        break;
      }
    const controller = new AbortController();
    const reason = new Error("enough");
    const stream = await sandbox.files.read(`${folder}/file`, { signal: controller.signal });
    controller.abort(reason);
    await expect(buffer(stream)).rejects.toBe(reason);
    expect((await readBytes(sandbox, `${folder}/file`)).length).toBe(8 * MIB);
  },

  "files:concurrent": async ({ sandbox }) => {
    const folder = await makeFolder(sandbox);
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(
      numbers.map((number) => sandbox.files.write(`${folder}/${number}`, `${number}`.repeat(50_000))),
    );
    const read = await Promise.all(numbers.map((number) => sandbox.files.readText(`${folder}/${number}`)));
    expect(read.map((text, number) => text === `${number}`.repeat(50_000))).toEqual(numbers.map(() => true));
  },

  "files:on-stopped": async ({ createSandbox }) => {
    const sandbox = await createSandbox();
    await sandbox.files.write("/root/before", "before");
    await sandbox.stop({ graceMs: 0 });
    expect(await sandbox.files.readText("/root/before")).toBe("before");
    await sandbox.files.write("/root/while", "while");
    await sandbox.start();
    expect((await sandbox.exec(["cat", "/root/before", "/root/while"])).stdout).toBe("beforewhile");
    expect(await sandbox.files.readText("/root/while")).toBe("while");
  },
} satisfies Readonly<Partial<Record<RequirementId, Scenario>>>;
