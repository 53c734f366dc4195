import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useCli } from "./support/bundle.ts";

// no server is there: showing the configuration makes no request
const cli = useCli({ PIXELS_INCUS_SOCKET: "/nonexistent/unix.socket" });

interface Shown {
  readonly schema: number;
  readonly file: { readonly path: string; readonly found: boolean };
  readonly config: readonly { readonly key: string; readonly value: unknown; readonly origin: unknown }[];
  readonly warnings: readonly string[];
}

async function writeConfig(name: string, toml: string): Promise<string> {
  const path = join(cli.home, name);
  await writeFile(path, toml);
  return path;
}

async function show(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const { stdout, stderr } = await cli.mustRun(["config", "show", "--json", ...args], { env });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Shown;
}

describe("config show", () => {
  test("tells each value as the file would have it, and its origin", async () => {
    const path = await writeConfig(
      "origins.toml",
      '[defaults]\nmemory = "1536MiB"\ncpu = "0-3"\n[mcp]\nidle_stop_after = "1h30m"\n[mcp.bases.web]\nparent_image = "debian/12"\n',
    );
    const { config, file } = await show(["--config", path, "--backend", "incus"], { PIXELS_SSH_USER: "ann" });
    expect(file).toEqual({ path, found: true });
    const fromFile = { kind: "file", path };
    for (const row of [
      { key: "backend", value: "incus", origin: { kind: "flag", flag: "--backend" } },
      { key: "defaults.memory", value: "1536MiB", origin: fromFile },
      { key: "defaults.cpu", value: "0-3", origin: fromFile },
      { key: "mcp.idle_stop_after", value: "90m", origin: fromFile },
      { key: "mcp.bases.web", value: { parent_image: "debian/12" }, origin: fromFile },
      { key: "ssh.user", value: "ann", origin: { kind: "environment", variable: "PIXELS_SSH_USER" } },
      { key: "defaults.image", value: "ubuntu/24.04", origin: { kind: "default" } },
      { key: "incus.remote", value: null, origin: { kind: "default" } },
    ])
      expect(config).toContainEqual(row);
  });

  test("as text it is a table", async () => {
    const path = await writeConfig("text.toml", '[defaults]\nmemory = "3GiB"\n');
    const { stdout, stderr } = await cli.mustRun(["config", "show", "--config", path]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^KEY +VALUE +ORIGIN\n/);
    expect(stdout).toMatch(/^incus\.socket +"\/nonexistent\/unix\.socket" +PIXELS_INCUS_SOCKET$/m);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toContainEqual([
      "defaults.memory",
      '"3GiB"',
      path,
    ]);
    expect(stdout).toMatch(/^incus\.remote +- +default$/m);
  });

  test("shows no secret, in text and in JSON", async () => {
    const path = await writeConfig(
      "secrets.toml",
      '[truenas]\napi_key = "1-sesame"\n[env]\nTOKEN = "2-sesame"\nMINE = { forward = true }\n[backends.box]\nkey = "3-sesame"\n',
    );
    const env = { MINE: "4-sesame", PIXELS_ENV_OTHER: "5-sesame" };
    for (const args of [[], ["--json"], ["-v"]]) {
      const { stdout, stderr } = await cli.mustRun(["config", "show", "--config", path, ...args], { env });
      expect(stdout + stderr).not.toContain("sesame");
    }
    const { config } = await show(["--config", path], env);
    const value = (key: string) => config.find((row) => row.key === key)?.value;
    expect(value("truenas.api_key")).toBe("[redacted]");
    expect(value("env.TOKEN")).toEqual({ delivery: "written", value: "[redacted]" });
    expect(value("env.MINE")).toEqual({ delivery: "session", value: "[redacted]" });
    expect(value("env.OTHER")).toEqual({ delivery: "written", value: "[redacted]" });
    expect(value("backends.box")).toBe("[redacted]");
  });

  test("works with settings that this version cannot act on", async () => {
    const path = await writeConfig("remote.toml", 'backend = "@acme/box"\n[incus]\nproject = "lab"\n');
    const { config } = await show(["--config", path]);
    expect(config).toContainEqual({
      key: "incus.project",
      value: "lab",
      origin: { kind: "file", path },
    });
  });

  test("a variable that means nothing is a warning", async () => {
    const env = { PIXELS_BAKEND: "incus" };
    expect((await show([], env)).warnings).toEqual([expect.stringContaining("PIXELS_BAKEND")]);
    const { stderr } = await cli.mustRun(["config", "show"], { env });
    expect(stderr).toMatch(/^pixels: warning: PIXELS_BAKEND /);
  });

  test("a configuration with a mistake is refused", async () => {
    const path = await writeConfig("mistake.toml", '[defaults]\nmemroy = "3GiB"\n');
    const { code, stdout, stderr } = await cli.run(["config", "show", "--json", "--config", path]);
    expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "CONFIG_INVALID" } });
  });
});
