import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { consumerEnv, install, pack, repository, run } from "./support/packed.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** What `npm install --global` writes to. */
let prefix: string;

beforeAll(async () => {
  prefix = await mkdtemp(join(tmpdir(), "pixels-prefix-"));
  await install(prefix, [await pack("apps/cli", prefix)], ["--global"]);
});

afterAll(async () => {
  await rm(prefix, { recursive: true });
});

/** What the installed command prints, in a view of this machine in which the repository's folder is empty. */
async function pixels(...args: readonly string[]): Promise<string> {
  const script = 'mount -t tmpfs none "$1" && shift && exec "$@"';
  const command = [repository, join(prefix, "bin/pixels"), ...args];
  return await run("unshare", ["-m", "sh", "-c", script, "sh", ...command], {
    cwd: prefix,
    env: {
      ...consumerEnv,
      HOME: prefix,
      PIXELS_INCUS_SOCKET: inject("incusSocket"),
      PIXELS_PROVISION_DEVTOOLS: "false",
    },
  });
}

test("the command needs no package but its own", async () => {
  expect(await readdir(join(prefix, "lib/node_modules"))).toEqual(["@pixels"]);
  expect(await readdir(join(prefix, "lib/node_modules/@pixels"))).toEqual(["cli"]);
  expect(await readdir(join(prefix, "lib/node_modules/@pixels/cli"))).not.toContain("node_modules");
});

test("it makes, uses, lists, clones and removes sandboxes without the repository", async () => {
  const name = `packed-${randomUUID().slice(0, 8)}`;
  const clone = `${name}-clone`;
  await pixels("create", name, "--image", "debian/12");
  try {
    expect(await pixels("exec", name, "--", "printf", "<%s>", "a b")).toBe("<a b>");
    await pixels("push", name, join(prefix, "lib/node_modules/@pixels/cli/package.json"), "/home/pixel/");
    await pixels("create", clone, "--from", name);
    expect(await pixels("exec", clone, "--", "grep", "-c", '"@pixels/cli"', "package.json")).toBe("1\n");
    const listed = JSON.parse(await pixels("list", "--json")) as { sandboxes: { name: string }[] };
    expect(listed.sandboxes.map((one) => one.name)).toEqual(expect.arrayContaining([name, clone]));
  } finally {
    await pixels("destroy", "--force", name, clone);
  }
});

test("every command has its help", async () => {
  const overview = await pixels("--help");
  const commands = overview.slice(overview.indexOf("Commands\n"), overview.indexOf("Global options"));
  const words = [...commands.matchAll(/^ {2}([a-z-]+)/gm)].map(([, word = ""]) => word);
  expect(words).toContain("create");
  for (const word of words) expect(await pixels(word, "--help")).toContain(`pixels ${word}`);
});
