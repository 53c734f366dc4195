import { describe, expect, test } from "vitest";
import { ConfigInvalidError } from "../errors.ts";
import { loadConfig } from "./load-config.ts";

const FILE = "/etc/px/config.toml";

function load(toml: string, env: Record<string, string> = {}) {
  return loadConfig({
    env,
    homeDirectory: "/home/ann",
    configPath: FILE,
    readFile: () => Promise.resolve(toml),
  });
}

async function environment(toml: string, env: Record<string, string> = {}) {
  const { config, warnings } = await load(`[env]\n${toml}`, env);
  const reveal = (part: (typeof config)["env"]["written"]) =>
    Object.fromEntries(Object.entries(part).map(([name, value]) => [name, value.reveal()]));
  return { written: reveal(config.env.written), session: reveal(config.env.session), warnings };
}

describe("[env]", () => {
  test("takes all its forms", async () => {
    const toml = [
      'PLAIN = "a"',
      'TABLE = { value = "b" }',
      "FORWARDED = { forward = true }",
      "NOT_THERE = { forward = true }",
      'SESSION = { value = "c", session_only = true }',
      'EMPTY = ""',
    ].join("\n");
    expect(await environment(toml, { FORWARDED: "$HOME and more", HOME: "/home/ann" })).toEqual({
      written: { PLAIN: "a", TABLE: "b", EMPTY: "" },
      session: { FORWARDED: "$HOME and more", SESSION: "c" },
      warnings: [],
    });
  });

  test.each([
    ["$HOST", "value"],
    ["${HOST}s", "values"],
    ["a-$HOST.b", "a-value.b"],
    ["$HOST$HOST", "valuevalue"],
    ["$$HOST", "$HOST"],
    ["$$$HOST", "$value"],
    ["5$ and $1", "5$ and $1"],
    ["${HOST", "${HOST"],
    ["$DOLLAR", "$HOST"],
  ])("expands %j from the host, once", async (text, expanded) => {
    const host = { HOST: "value", DOLLAR: "$HOST" };
    const toml = `A = "${text}"\nB = { value = "${text}", session_only = true }`;
    expect(await environment(toml, host)).toEqual({
      written: { A: expanded },
      session: { B: expanded },
      warnings: [],
    });
  });

  test("warns where it uses a variable that the host does not have", async () => {
    const { written, warnings } = await environment('A = "<$NOT_THERE>"');
    expect(written).toEqual({ A: "<>" });
    expect(warnings).toEqual(['"env.A" uses $NOT_THERE, which is not set: it counts as empty']);
  });

  test("takes PIXELS_ENV_<NAME> as it is, before the file", async () => {
    const { config, settings } = await load('[env]\nA = "file"', { PIXELS_ENV_A: "$HOME", HOME: "/h" });
    expect(config.env.written["A"]?.reveal()).toBe("$HOME");
    expect(settings.get("env.A")?.origin).toEqual({ kind: "environment", variable: "PIXELS_ENV_A" });
  });

  test.each([
    "A = 1",
    "A = true",
    "A = []",
    "A = {}",
    "A = { value = 1 }",
    "A = { forward = false }",
    'A = { forward = "yes" }',
    "A = { session_only = true }",
    'A = { value = "x", forward = true }',
    'A = { value = "x", other = 1 }',
    '"A=B" = "x"',
    '"" = "x"',
    '1A = "x"',
    'A = "two\\nlines"',
    'A = { value = "nul\\u0000", session_only = true }',
  ])("%s is refused", async (line) => {
    await expect(environment(line)).rejects.toBeInstanceOf(ConfigInvalidError);
  });

  test("a session may have what /etc/environment cannot hold", async () => {
    const { session } = await environment('A = { value = "two\\nlines", session_only = true }');
    expect(session).toEqual({ A: "two\nlines" });
  });
});

describe("[mcp.bases.<name>]", () => {
  test("is read", async () => {
    const toml = [
      "[mcp.bases.web]",
      'parent_image = "debian/12"',
      'setup_script = "scripts/web.sh"',
      'description = "a web server"',
      "[mcp.bases.app]",
      'from = "web"',
      'setup_script = "~/app.sh"',
      "[mcp.bases.dev]",
      'parent_image = "debian/13"',
      'setup_script = "mcp:bases/dev.sh"',
      "[mcp.bases.tools]",
      'from = "python"',
    ].join("\n");
    const { config, settings } = await load(toml);
    expect(config.mcp.bases).toEqual({
      web: { parentImage: "debian/12", setupScript: "/etc/px/scripts/web.sh", description: "a web server" },
      app: { from: "web", setupScript: "/home/ann/app.sh" },
      dev: { parentImage: "debian/13", setupScript: "mcp:bases/dev.sh" },
      tools: { from: "python" },
    });
    expect(settings.get("mcp.bases.web")?.origin).toEqual({ kind: "file", path: FILE });
  });

  test.each([
    ["[mcp.bases.a]", /"mcp\.bases\.a" .* has neither parent_image nor from; expected exactly one/],
    [
      '[mcp.bases.a]\nfrom = "dev"\nparent_image = "x"',
      /has both parent_image and from; expected exactly one/,
    ],
    ['[mcp.bases.a]\nfrom = "nod"', /names the base "nod", which is not known; the nearest is "node"/],
    ['[mcp.bases.a]\nfrom = "a"', /"mcp\.bases\.a\.from" .* makes a cycle: a from a/],
    [
      '[mcp.bases.a]\nfrom = "b"\n[mcp.bases.b]\nfrom = "c"\n[mcp.bases.c]\nfrom = "b"',
      /cycle: b from c from b/,
    ],
    [
      '[mcp.bases.dev]\nfrom = "python"',
      /"mcp\.bases\.dev\.from" .* makes a cycle: dev from python from dev/,
    ],
    ['[mcp.bases.A]\nfrom = "dev"', /"mcp\.bases\.A" .* is not the name of a base/],
    ['[mcp.bases.a]\nfrom = ""', /"mcp\.bases\.a\.from" .* is ""; expected a line of text/],
    ['[mcp.bases.a]\nfrom = "dev"\ndescription = 1', /"mcp\.bases\.a\.description" .* is 1; expected/],
    ['[mcp.bases.a]\nfrom = "dev"\nsetup_script = "mcp:bases/../x"', /expected a path, or mcp:bases\/<file>/],
    ["[mcp.bases]\na = 1", /"mcp\.bases\.a" .* is 1; expected a table/],
    [`[mcp.bases.${"a".repeat(57)}]\nfrom = "dev"`, /is not a name for an instance/],
  ])("%j is refused", async (toml, message) => {
    const refused = load(toml);
    await expect(refused).rejects.toBeInstanceOf(ConfigInvalidError);
    await expect(refused).rejects.toThrow(message);
  });

  test("may be kept warm", async () => {
    const { config } = await load('[mcp.warm]\nweb = 2\npython = 1\n[mcp.bases.web]\nfrom = "dev"');
    expect(config.mcp.warm).toEqual({ web: 2, python: 1 });
  });
});
