import { randomUUID } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { consumerEnv, install, pack, repository, run as runIn } from "./support/packed.ts";

const packages = ["packages/core", "packages/incus-backend"];
// a registry and a compiler that share a busy machine take their time
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** A folder that knows nothing of this repository, where the packed packages are installed. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixels-consumer-"));
  await cp(join(import.meta.dirname, "consumer"), folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await install(folder, await Promise.all(packages.map((path) => pack(path, folder))));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What the consumer's program prints. */
async function run(program: string, args: readonly string[]): Promise<string> {
  return await runIn(program, args, { cwd: folder, env: consumerEnv });
}

/** What a compiler says to a tsconfig.json of this content: nothing, if all is well. */
async function compile(compiler: string, project: object): Promise<string> {
  const path = join(folder, `tsconfig.${randomUUID()}.json`);
  await writeFile(path, JSON.stringify(project));
  return await run(process.execPath, [compiler, "--project", path]);
}

async function getTypeScriptBlocks(markdown: string): Promise<string[]> {
  const text = await readFile(join(repository, markdown), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  if (blocks.length === 0) throw new Error(`${markdown} shows no TypeScript`);
  return blocks;
}

describe("@pixels/core and @pixels/incus-backend, packed and installed in an empty folder", () => {
  test("load without vitest and fast-check, which only the testing entry point asks for", async () => {
    expect(JSON.parse(await run(process.execPath, ["entry-points.mjs"]))).toEqual({
      "@pixels/core": expect.any(Number),
      "@pixels/core/backend": expect.any(Number),
      "@pixels/core/config": expect.any(Number),
      "@pixels/core/testing": expect.stringContaining("Cannot find package 'vitest'"),
      "@pixels/incus-backend": expect.any(Number),
      "@pixels/incus-backend/rest": expect.any(Number),
    });
  });

  test("work where the package manager lays packages out as symlinks, as this repository has them", async () => {
    const program = await readFile(join(folder, "program.mjs"), "utf8");
    const linked = program.replaceAll(/"@pixels\/([\w-]+)"/g, (_name, path: string) =>
      JSON.stringify(join(repository, "packages", path, "dist/index.js")),
    );
    await writeFile(join(folder, "linked.mjs"), linked);
    const name = `linked-${randomUUID().slice(0, 8)}`;
    expect(await run(process.execPath, ["linked.mjs", name, inject("incusSocket")])).toBe(
      "said a b 3\nSANDBOX_NOT_FOUND\n",
    );
  });

  test("make a sandbox, run a command in it and remove it from plain JavaScript", async () => {
    const name = `packed-${randomUUID().slice(0, 8)}`;
    expect(await run(process.execPath, ["program.mjs", name, inject("incusSocket")])).toBe(
      "said a b 3\nSANDBOX_NOT_FOUND\n",
    );
  });

  test("can be required by CommonJS", async () => {
    expect(await run(process.execPath, ["program.cjs"])).toBe(
      "BACKEND_UNAVAILABLE\n'a b' function function\n",
    );
  });
});

describe("a TypeScript program that uses them, and README's snippets", () => {
  /** The resolutions of attw's profile "esm-only", by a compiler of now and one of before it was rewritten. */
  const compilations = [
    { version: "7", module: "node16", moduleResolution: "node16" },
    { version: "7", module: "nodenext", moduleResolution: "nodenext" },
    { version: "7", module: "esnext", moduleResolution: "bundler" },
    { version: "5.9", module: "nodenext", moduleResolution: "nodenext" },
  ];

  const native = join(repository, "node_modules/typescript/bin/tsc");
  const options = { target: "es2022", strict: true, noEmit: true };

  beforeAll(async () => {
    await install(folder, ["typescript@5.9", "@types/node@20"]);
    const blocks = await getTypeScriptBlocks("README.md");
    for (const [index, block] of blocks.entries()) await writeFile(join(folder, `readme-${index}.ts`), block);
  });

  test.for(compilations)(
    "compile with TypeScript $version, module resolution $moduleResolution",
    async ({ version, module, moduleResolution }) => {
      const compiler = version === "7" ? native : join(folder, "node_modules/typescript/bin/tsc");
      expect(await run(process.execPath, [compiler, "--version"])).toContain(`Version ${version}.`);
      const lib = ["es2023", "esnext.disposable"];
      const project = {
        compilerOptions: { ...options, module, moduleResolution, lib, types: ["node"] },
        include: ["types.ts", "readme-*.ts"],
      };
      expect(await compile(compiler, project)).toBe("");
    },
  );

  test("compile without the types of Node.js where they use @pixels/core alone", async () => {
    const project = {
      compilerOptions: { ...options, module: "nodenext", types: [] },
      files: ["core-only.ts"],
    };
    expect(await compile(native, project)).toBe("");
  });
});

describe("a backend's author", () => {
  test("runs the suite with a vitest and a fast-check of their own", async () => {
    const core = await readFile(join(folder, "node_modules/@pixels/core/package.json"), "utf8");
    const { peerDependencies } = JSON.parse(core) as { peerDependencies: Record<string, string> };
    expect(Object.keys(peerDependencies)).toEqual(["fast-check", "vitest"]);
    const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`);
    await install(folder, peers);
    const report = await run(process.execPath, [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--testNamePattern=exec:streams-apart",
    ]);
    expect(report).toMatch(/Tests +1 passed/);
  });
});
