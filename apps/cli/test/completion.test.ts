import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
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
