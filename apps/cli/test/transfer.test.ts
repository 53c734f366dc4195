import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { useCli } from "./support/bundle.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-transfer";
const MIB = 2 ** 20;
let folder: string;

beforeAll(async () => {
  await cli.mustRun(["create", name]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-cli-transfer-"));
  await mkdir(join(folder, "tree/sub"), { recursive: true });
  await writeFile(join(folder, "tree/sub/file"), "content");
  await writeFile(join(folder, "tree/run"), "#!/bin/sh\n");
  await chmod(join(folder, "tree/run"), 0o751);
  await symlink("sub/file", join(folder, "tree/link"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await inside("rm -rf /srv/* /srv/.[!.]* /root/*");
});

async function inside(script: string): Promise<string> {
  return (await cli.mustRun(["exec", name, "--", "sh", "-c", script])).stdout;
}

function documentOf(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

async function failWith(args: readonly string[]) {
  const { code, stdout, stderr } = await cli.run([...args, "--json"]);
  expect(stdout).toBe("");
  const { error } = documentOf(stderr) as {
    readonly error: { readonly code: string; readonly message: string };
  };
  return { exitCode: code, ...error };
}

describe("as cp -r would", () => {
  test("a directory goes under a new name, then into what is there, and comes back as it was", async () => {
    const first = await cli.run(["push", name, join(folder, "tree"), "/srv/new"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^3 files, 17 B in \d+\.\d\d s\n$/);
    await cli.mustRun(["push", name, `${folder}/tree/`, "/srv/new"]);
    expect(await inside("cd /srv; find . -type f -exec stat -c '%a %n' {} + | sort; readlink new/link")).toBe(
      [
        "644 ./new/sub/file",
        "644 ./new/tree/sub/file",
        "751 ./new/run",
        "751 ./new/tree/run",
        "sub/file",
        "",
      ].join("\n"),
    );
    await cli.mustRun(["pull", name, "/srv/new/tree", join(folder, "back")]);
    await cli.mustRun(["pull", name, "/srv/new/tree", join(folder, "back")]);
    expect((await readdir(join(folder, "back"))).toSorted()).toEqual(["link", "run", "sub", "tree"]);
    expect((await readdir(join(folder, "back/tree"))).toSorted()).toEqual(["link", "run", "sub"]);
    expect((await lstat(join(folder, "back/run"))).mode & 0o7777).toBe(0o751);
    expect((await lstat(join(folder, "back/link"))).isSymbolicLink()).toBe(true);
  });

  test("what is in a directory, with a dot, and a symlink to a directory as the target", async () => {
    await inside("mkdir /srv/real; ln -s real /srv/link");
    await cli.mustRun(["push", name, `${folder}/tree/.`, "/srv/link"]);
    expect(await inside("ls /srv/real")).toBe("link\nrun\nsub\n");
    await mkdir(join(folder, "real"));
    await symlink("real", join(folder, "to-real"));
    await cli.mustRun(["pull", name, "/srv/real/.", join(folder, "to-real")]);
    expect((await readdir(join(folder, "real"))).toSorted()).toEqual(["link", "run", "sub"]);
  });

  test("several sources, relative and odd paths", async () => {
    for (const odd of ["two words", "-rf", "line\nbreak"]) await writeFile(join(folder, odd), odd);
    await cli.mustRun([
      "push",
      name,
      ...["two words", "-rf", "line\nbreak"].map((odd) => join(folder, odd)),
      ".",
    ]);
    await cli.mustRun(["push", name, join(folder, "tree"), "~/deep/er"]);
    expect(await inside("ls -Q /root /root/deep/er")).toBe(
      [
        '"/root":',
        '"-rf"',
        '"deep"',
        '"line\\nbreak"',
        '"two words"',
        "",
        '"/root/deep/er":',
        '"link"',
        '"run"',
        '"sub"',
        "",
      ].join("\n"),
    );
    await mkdir(join(folder, "back"));
    await cli.mustRun([
      "pull",
      name,
      "--",
      "-rf",
      "~/two words",
      "/root/line\nbreak",
      "deep/er/.",
      join(folder, "back"),
    ]);
    expect((await readdir(join(folder, "back"))).toSorted()).toEqual([
      "-rf",
      "line\nbreak",
      "link",
      "run",
      "sub",
      "two words",
    ]);
  });

  test("the home folder is that of the account that commands run as", async () => {
    await inside(
      'awk -F: -v OFS=: \'$1=="root"{$6="/srv/elsewhere"}1\' /etc/passwd >/etc/passwd.new; cp /etc/passwd /etc/passwd.old; mv /etc/passwd.new /etc/passwd',
    );
    await cli.mustRun(["push", name, join(folder, "tree/run"), "file"]);
    await inside("mv /etc/passwd.old /etc/passwd");
    expect(await inside("ls /srv/elsewhere")).toBe("file\n");
  });

  test("a stopped sandbox is fine", async () => {
    await cli.mustRun(["stop", name]);
    await cli.mustRun(["push", name, join(folder, "tree"), "/srv"]);
    await cli.mustRun(["pull", name, "/srv/tree/sub/file", join(folder, "pulled")]);
    await cli.mustRun(["start", name]);
    expect(await readFile(join(folder, "pulled"), "utf8")).toBe("content");
  });
});

test("with --json it is a document; what is skipped is in it, else a warning", async () => {
  await inside("mkdir /srv/tree; mkfifo /srv/tree/pipe; echo x >/srv/tree/file");
  const json = await cli.run(["pull", "--json", name, "/srv/tree", join(folder, "one")]);
  expect(json).toMatchObject({ code: 0, stderr: "" });
  expect(documentOf(json.stdout)).toEqual({ schema: 1, files: 1, bytes: 2, skipped: ["/srv/tree/pipe"] });
  const text = await cli.run(["pull", name, "/srv/tree", join(folder, "two")]);
  expect(text.code).toBe(0);
  expect(text.stderr).toMatch(/^pixels: warning: skipped "\/srv\/tree\/pipe"[^\n]*\n$/);
});

describe("refused, before anything is copied", () => {
  test.each([
    [["push", name, "tree", "tree/run", "/srv/missing"], "INVALID_ARGUMENT", "/srv/missing"],
    [["push", name, "tree/run", "/srv/missing/"], "INVALID_ARGUMENT", "/srv/missing/"],
    [["push", name, "tree/run", "/etc/passwd/"], "INVALID_ARGUMENT", "/etc/passwd/"],
    [["push", name, "tree/run", "tree/sub/../run", "/srv"], "INVALID_ARGUMENT", "/srv/run"],
    [["push", name, "tree/run", "nosuch", "/srv"], "FILE_NOT_FOUND", "nosuch"],
    [["push", name, "tree/run", ""], "INVALID_ARGUMENT", "empty"],
    [["push", name, "tree", "/etc/passwd"], "FILE_REFUSED", "/etc/passwd"],
    [["pull", name, "/etc/hostname", "/nosuch", "tree"], "FILE_NOT_FOUND", "/nosuch"],
    [["pull", name, "/etc/hostname", "/etc/hosts", "missing"], "INVALID_ARGUMENT", "missing"],
    [["pull", name, "/etc/hostname", "missing/"], "INVALID_ARGUMENT", "missing/"],
    [["pull", name, "/etc", "tree/run"], "FILE_REFUSED", "tree/run"],
    [["pull", "cli-nosuch", "/etc", "tree"], "SANDBOX_NOT_FOUND", "cli-nosuch"],
    [["push", "Bad", "tree", "/srv"], "INVALID_ARGUMENT", "Bad"],
  ])("%j", async ([command = "", box = "", ...paths], code, named) => {
    const here = (path: string): string => (path === "" || path.startsWith("/") ? path : `${folder}/${path}`);
    const failure = await failWith([command, box, ...paths.map(here)]);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(named);
    expect(await inside("ls -A /srv /root | grep -v '^[.]'; true")).toBe("/root:\n\n/srv:\n");
    expect((await readdir(folder)).toSorted()).toEqual(["tree"]);
  });
});

/** Begins to replace an old file by a large one, and resolves once some of it is there. */
async function startLarge(command: "push" | "pull") {
  await mkdir(join(folder, "target"));
  await writeFile(join(folder, "target/file"), "old");
  await writeFile(join(folder, "large"), Buffer.alloc(command === "push" ? 300 * MIB : 0));
  await inside(
    `mkdir /srv/target; printf old >/srv/target/file; head -c ${command === "pull" ? 300 * MIB : 0} /dev/zero >/srv/large`,
  );
  const paths =
    command === "push"
      ? [join(folder, "large"), "/srv/target/file"]
      : ["/srv/large", join(folder, "target/file")];
  const process = cli.start([command, name, ...paths]);
  await expect
    .poll(async () => (await listTarget(command)).names, { timeout: 20_000, interval: 5 })
    .toContainEqual(expect.stringMatching(/\.part$/));
  return process;
}

async function listTarget(command: "push" | "pull") {
  if (command === "pull")
    return {
      names: await readdir(join(folder, "target")),
      content: await readFile(join(folder, "target/file"), "utf8"),
    };
  const [content = "", ...names] = (await inside("cd /srv/target; cat file; echo; ls -A")).trim().split("\n");
  return { names, content };
}

describe("a transfer that is interrupted", () => {
  test.each(["push", "pull"] as const)(
    "a %s by Ctrl-C exits with 130 and leaves the old file alone",
    async (command) => {
      const { child, result } = await startLarge(command);
      child.kill("SIGINT");
      const { code, stdout, stderr } = await result;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toMatch(/^pixels: interrupted [^\n]*\n$/);
      expect(await listTarget(command)).toEqual({ names: ["file"], content: "old" });
    },
  );

  test("a full disk here is CAPACITY_EXHAUSTED, names the path and leaves the old file", async () => {
    await inside("head -c 4000000 /dev/urandom >/srv/large");
    const small = join(folder, "small");
    await mkdir(small);
    // a disk of 1 MB, which is there for this process alone
    const script = `mount -t tmpfs -o size=1m none "$1" && printf old >"$1/file" || exit 99
      "$2" "$3" pull --json "$4" /srv/large "$1/file"; echo "$?"; ls -A "$1"; cat "$1/file"`;
    const args = ["-m", "sh", "-c", script, "sh", small, process.execPath, cli.bin, name];
    const { stdout, stderr } = await promisify(execFile)("unshare", args, { env: cli.env });
    expect(stdout).toBe("26\nfile\nold");
    expect(documentOf(stderr)).toMatchObject({
      error: { code: "CAPACITY_EXHAUSTED", message: expect.stringContaining(join(small, "file")) },
    });
  });

  test.each(["push", "pull"] as const)(
    "a %s by kill -9 leaves the old file, and a part beside it at most",
    async (command) => {
      const { child, result } = await startLarge(command);
      child.kill("SIGKILL");
      expect(await result).toMatchObject({ signal: "SIGKILL" });
      const { names, content } = await listTarget(command);
      expect(content).toBe("old");
      expect(names.filter((one) => one !== "file" && !/^\.px-[\da-f]{16}\.part$/.test(one))).toEqual([]);
    },
  );
});
