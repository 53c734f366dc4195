import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { type CompletingShell, installShells, openBash, openFish, openZsh } from "./support/shells.ts";

const cli = useCli();
const socket = inject("incusSocket");
const daemon = { PIXELS_INCUS_SOCKET: socket, PIXELS_DEFAULT_IMAGE: "debian/12" };
const nobody = { PIXELS_INCUS_SOCKET: "/nonexistent/unix.socket" };
const [one, two] = ["completion-one", "completion-two"] as const;

/** What is asked from each shell. */
const shells: readonly [string, (env: Readonly<Record<string, string>>) => CompletingShell][] = [
  ["bash", (env) => openBash(cli, { folder: cli.home, env })],
  ["zsh, its script evaluated", (env) => openZsh(cli, "eval", { folder: cli.home, env })],
  ["zsh, its script a function", (env) => openZsh(cli, "fpath", { folder: cli.home, env })],
  ["fish", (env) => openFish(cli, { folder: cli.home, env })],
];

/** What the scripts are told for a line of bash. */
async function ask(line: string, env: Readonly<Record<string, string>> = nobody): Promise<readonly string[]> {
  const breaks = " \t\n\"'><=;|&(:";
  const { code, stdout, stderr } = await cli.run(["__complete", "bash", "--", line, breaks], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").slice(0, -1);
}

beforeAll(async () => {
  await installShells();
  await mkdir(join(cli.home, "local folder"));
  await writeFile(join(cli.home, "local file"), "");
  for (const name of [one, two]) await cli.mustRun(["create", name], { env: daemon });
  for (const label of ["before-upgrade", "px-20260131-120000"])
    await cli.mustRun(["checkpoint", "create", one, "--label", label], { env: daemon });
}, 600_000);

afterAll(async () => {
  await cli.run(["destroy", "--force", one, two], { env: daemon });
});

describe.each(shells)("%s", (_name, open) => {
  test.each([
    ["pixels comp", ["completion"]],
    ["pixels cp re", ["restore"]],
    ["pixels create --eg", ["--egress"]],
    ["pixels create --egress bl", ["blocked"]],
    ["pixels create --egress=bl", ["--egress=blocked"]],
    ["pixels completion ", ["bash", "fish", "zsh"]],
    ["pixels exec dev ", ["--"]],
  ])("%s", async (line, expected) => {
    const offered = await open(nobody).offers(line);
    expect(offered.toSorted()).toEqual(expected);
  });

  test.each([
    ["pixels push dev loc", ["local file", "local folder"]],
    ["pixels push dev local\\ fi", ["local file"]],
    ["pixels pull dev /srv loc", ["local file", "local folder"]],
    ["pixels list --config loc", ["local file", "local folder"]],
    ["pixels list --config=local\\ fi", ["--config=local file"]],
  ])("%s, with the shell's own quotes", async (line, expected) => {
    const offered = await open(nobody).offers(line);
    expect(offered.map((path) => path.replace(/\/$/, "")).toSorted()).toEqual(expected);
  });

  test.each([
    ["pixels status completion-", [one, two]],
    ["pixels status px-completion-", [`px-${one}`, `px-${two}`]],
    [`pixels destroy ${one} completion-`, [two]],
    ["pixels create copy --from=completion-t", [`--from=${two}`]],
    [`pixels create copy --from ${one}:bef`, [`${one}:before-upgrade`]],
    [`pixels create copy --from=${one}:bef`, [`--from=${one}:before-upgrade`]],
    [`pixels cp restore ${one} `, ["before-upgrade", "px-20260131-120000"]],
    [`pixels cp delete ${one} before-upgrade px`, ["px-20260131-120000"]],
  ])("%s", async (line, expected) => {
    const offered = await open(daemon).offers(line);
    expect(offered.toSorted()).toEqual(expected);
  });
});

test.each(shells)(
  "%s offers nothing where nothing is known, and has the line as it was",
  async (_name, open) => {
    for (const line of ["pixels status co", "pixels create ne", "pixels exec dev -- l", "pixels nosuch x"]) {
      const offered = await open(nobody).offers(line);
      expect([[], [line.split(" ").at(-1)]]).toContainEqual(offered);
    }
  },
);

test("bash completes within quotes, and before more of the line", async () => {
  const bash = openBash(cli, { folder: cli.home, env: daemon });
  const keys = (line: string): Promise<readonly string[]> => bash.types(`${line}\t`);
  expect(await keys(`pixels status "${one.slice(0, -1)}`)).toEqual(["status", one]);
  expect(await keys(`pixels create copy --from '${one}:bef`)).toEqual([
    "create",
    "copy",
    "--from",
    `${one}:before-upgrade`,
  ]);
  const back = "\u0002".repeat(" --json".length);
  expect(await keys(`pixels status completion-o --json${back}`)).toEqual(["status", one, "--json"]);
});

describe("what a script is told", () => {
  test("each option of a command, and none after --", async () => {
    expect((await ask("pixels cp restore -")).toSorted()).toEqual([
      "--backend",
      "--config",
      "--discard-newer",
      "--help",
      "--json",
      "--verbose",
      "--version",
      "-v",
    ]);
    expect(await ask("pixels cp restore -- -")).toEqual([]);
    expect(await ask("pixels exec dev -- --")).toEqual([]);
    expect(await ask("pixels --ver")).toEqual(["--verbose", "--version"]);
  });

  test("each command, with what it does where the shell shows that", async () => {
    const words = await ask("pixels ");
    expect(words).toEqual(expect.arrayContaining(["create", "ls", "cp", "completion"]));
    expect(words).not.toContain("__complete");
    const { stdout } = await cli.run(["__complete", "fish", "--", "pixels", ""]);
    expect(
      stdout
        .split("\n")
        .slice(0, -1)
        .map((row) => row.split("\t")[0]),
    ).toEqual(words);
    expect(stdout).toContain("\nls\tList the sandboxes\n");
    const group = await cli.run(["__complete", "zsh", "--", "pixels", "--json", "cp", ""]);
    expect(group.stdout).toContain("\nlist:List a sandbox's checkpoints, oldest first\n");
  });

  test.each([
    "pixels push dev ",
    "pixels push dev a ",
    "pixels pull dev /srv ",
    "pixels --config ",
    "pixels --config=x",
    "pixels list --json >",
    "pixels exec dev -- cat <",
  ])("%s: paths, which the shell completes", async (line) => {
    expect(await ask(line)).toEqual([":files"]);
  });

  test.each([
    "pixels pull dev ",
    "pixels create ",
    "pixels create --memory ",
    "pixels create --json=",
    "pixels create --nosuch=",
    "pixels list ",
    "pixels list x ",
    "pixels cp nosuch ",
    "pixels cp restore dev label ",
    "pixels help ",
  ])("%s: nothing", async (line) => {
    expect(await ask(line)).toEqual([]);
  });

  test("the server is the one of the line, the environment and the configuration", async () => {
    const config = join(cli.home, "config.toml");
    await writeFile(config, `[incus]\nsocket = ${JSON.stringify(socket)}\n`);
    const found = [one, two];
    expect(await ask("pixels status completion-", { PIXELS_CONFIG: config })).toEqual(found);
    expect(await ask(`pixels --config '${config}' status completion-`, {})).toEqual(found);
    expect(await ask(`pixels status completion- --config=${config} completion-`, {})).toEqual([]);
    expect(await ask(`pixels stop --config=${config} completion-`, {})).toEqual(found);
    expect(await ask("pixels status --backend nosuch completion-", daemon)).toEqual([]);
  });

  test("bases are offered to who has begun to name one", async () => {
    const env = { ...daemon, PIXELS_MCP_BASE_PREFIX: "completion-" };
    expect(await ask("pixels status completion-o", env)).toEqual([one]);
    expect(await ask("pixels status comp", env)).toEqual([]);
  });

  test("a label that no command takes is not offered", async () => {
    await using api = openIncusApi({ socketPath: socket });
    await api.snapshots.create(`px-${two}`, "$(odd)");
    await cli.mustRun(["cp", "create", two, "--label", "even"], { env: daemon });
    expect((await cli.run(["cp", "list", two], { env: daemon })).stdout).toContain("$(odd)");
    expect(await ask(`pixels cp delete ${two} `, daemon)).toEqual(["even"]);
    expect(await ask(`pixels create copy --from=px-${two}:`, daemon)).toEqual(["even"]);
  });

  test("a server that never answers is given up after a second, and a broken configuration is nothing to tell", async () => {
    const path = join(cli.home, "silent");
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    const startedAt = performance.now();
    for (const line of ["pixels status ", "pixels cp restore dev ", "pixels create a --from dev:"])
      expect(await ask(line, { PIXELS_INCUS_SOCKET: path })).toEqual([]);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(3000);
    expect(tookMs).toBeLessThan(10_000);

    await writeFile(join(cli.home, "broken.toml"), "incus = [");
    expect(await ask("pixels status ", { PIXELS_CONFIG: join(cli.home, "broken.toml") })).toEqual([]);
  });

  test.each([
    [[]],
    [["bash"]],
    [["bash", "--"]],
    [["nosuch", "--", "pixels", ""]],
    [["zsh", "pixels", "st"]],
  ])("%j is answered with 0 too", async (args) => {
    expect(await cli.run(["__complete", ...args])).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("pixels completion", () => {
  test.each(["bash", "zsh", "fish"])("%s: a script that the shell can read", async (shell) => {
    const { stdout } = await cli.mustRun(["completion", shell]);
    const path = join(cli.home, `script.${shell}`);
    await writeFile(path, stdout);
    await promisify(execFile)(shell, ["-n", path]);
    const { stdout: document } = await cli.mustRun(["completion", shell, "--json"]);
    expect(JSON.parse(document)).toEqual({ schema: 1, shell, script: stdout });
  });

  test("another shell is refused", async () => {
    const { code, stdout, stderr } = await cli.run(["completion", "tcsh"]);
    expect({ code, stdout }).toEqual({ code: 10, stdout: "" });
    expect(stderr).toBe(
      'pixels: there is no completion for "tcsh"; expected bash, zsh, fish; name one of them\n',
    );
  });
});
