import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { ConfigInvalidError, InvalidArgumentError, PixelsError } from "../errors.ts";
import type { CpuLimit } from "../sandbox.ts";
import type { PixelsConfig } from "./config.ts";
import { loadConfig, type LoadConfigOptions } from "./load-config.ts";
import { formatOrigin } from "./origin.ts";
import type { Secret } from "./secret.ts";

const FILE = "/etc/px/config.toml";

function load(toml: string, options: Partial<LoadConfigOptions> = {}) {
  return loadConfig({
    env: {},
    homeDirectory: "/home/ann",
    configPath: FILE,
    readFile: () => Promise.resolve(toml),
    ...options,
  });
}

async function refusal(toml: string, options: Partial<LoadConfigOptions> = {}): Promise<ConfigInvalidError> {
  const error: unknown = await load(toml, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigInvalidError))
    throw new Error(`expected CONFIG_INVALID, got ${inspect(error)}`);
  return error;
}

async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "pixels-config-"));
  onTestFinished(() => rm(home, { recursive: true }));
  return home;
}

async function writeConfig(folder: string, backend: string): Promise<string> {
  await mkdir(join(folder, "pixels"), { recursive: true });
  const path = join(folder, "pixels", "config.toml");
  await writeFile(path, `backend = "${backend}"\n`);
  return path;
}

describe("where the file is", () => {
  test("in ~/.config by default", async () => {
    const homeDirectory = await makeHome();
    const path = await writeConfig(join(homeDirectory, ".config"), "one");
    const loaded = await loadConfig({ env: {}, homeDirectory });
    expect(loaded.config.backend).toBe("one");
    expect(loaded.file).toEqual({ path, found: true });
  });

  test("in XDG_CONFIG_HOME where that is an absolute path", async () => {
    const homeDirectory = await makeHome();
    const xdg = join(homeDirectory, "xdg");
    await writeConfig(xdg, "two");
    await writeConfig(join(homeDirectory, ".config"), "one");
    const found = async (value: string) =>
      (await loadConfig({ env: { XDG_CONFIG_HOME: value }, homeDirectory })).config.backend;
    expect(await found(xdg)).toBe("two");
    expect(await found("xdg")).toBe("one");
    expect(await found("")).toBe("one");
  });

  test("where PIXELS_CONFIG says, and before that where --config says", async () => {
    const homeDirectory = await makeHome();
    await writeConfig(join(homeDirectory, "variable"), "three");
    const flag = await writeConfig(join(homeDirectory, "flag"), "four");
    const env = { PIXELS_CONFIG: "~/variable/pixels/config.toml" };
    expect((await loadConfig({ env, homeDirectory })).config.backend).toBe("three");
    expect((await loadConfig({ env, homeDirectory, configPath: flag })).config.backend).toBe("four");
  });

  test("may be missing where nobody named it", async () => {
    const homeDirectory = await makeHome();
    const loaded = await loadConfig({ env: {}, homeDirectory });
    expect(loaded.file).toEqual({ path: join(homeDirectory, ".config/pixels/config.toml"), found: false });
    expect(loaded.config.defaults.image).toBe("ubuntu/24.04");
  });

  test("must be there where somebody named it", async () => {
    const homeDirectory = await makeHome();
    const path = join(homeDirectory, "none.toml");
    const named = loadConfig({ env: { PIXELS_CONFIG: path }, homeDirectory });
    await expect(named).rejects.toMatchObject({ code: "CONFIG_INVALID", context: { file: path } });
    await expect(named).rejects.toThrow("PIXELS_CONFIG");
    await expect(loadConfig({ env: {}, homeDirectory, configPath: path })).rejects.toThrow("--config");
  });

  test("must be readable where it is there", async () => {
    const homeDirectory = await makeHome();
    await mkdir(join(homeDirectory, ".config/pixels/config.toml"), { recursive: true });
    await expect(loadConfig({ env: {}, homeDirectory })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("TOML", () => {
  test("that is broken is refused with its line and without its text", async () => {
    const error = await refusal('backend = "incus"\n\n[truenas]\napi_key = "1-sesame\nhost = "nas"\n');
    expect(error.message).toMatch(/^"\/etc\/px\/config\.toml" is not valid TOML: line 4, column \d+: /);
    expect(error.context).toMatchObject({ file: FILE, line: 4 });
    expect(inspect(error, { depth: 9 })).not.toContain("sesame");
  });

  test("may begin with a byte order mark", async () => {
    expect((await load('\uFEFFbackend = "one"')).config.backend).toBe("one");
  });

  test("cannot reach into prototypes", async () => {
    expect((await refusal('[__proto__]\nbackend = "x"')).context["key"]).toBe("__proto__");
    expect((await refusal('[incus.constructor]\nx = "x"')).context["key"]).toBe("incus.constructor");
    const { config } = await load('[env]\n__proto__ = "x"');
    expect(Object.keys(config.env.written)).toEqual(["__proto__"]);
  });
});

describe("a key that does not exist", () => {
  test.each([
    ['[incus]\nsockt = "/s"', "incus.sockt", "incus.socket"],
    ["memory = 5", "memory", "defaults.memory"],
    ['bakend = "incus"', "bakend", "backend"],
    ["[incuss]", "incuss", "incus"],
    ["[incus.socket.x]\ny = 1", "incus.socket", undefined],
    ['[mcp]\nidle_stop = "1h"', "mcp.idle_stop", "mcp.idle_stop_after"],
    ['[mcp.base.web]\nfrom = "dev"', "mcp.base", "mcp.bases"],
    ['[mcp.bases.web]\nform = "dev"', "mcp.bases.web.form", "mcp.bases.web.from"],
    ["[env]\nA = { fowrard = true }", "env.A.fowrard", "env.A.forward"],
    ['"incus.project" = "x"', "incus.project", "incus.project"],
  ])("%j is refused with the nearest one", async (toml, key, nearest) => {
    const error = await refusal(toml);
    expect(error.context).toMatchObject({ file: FILE, key, ...(nearest === undefined ? {} : { nearest }) });
    expect(error.message).toContain(`"${key}" in "${FILE}"`);
    if (nearest !== undefined) expect(error.message).toContain(`the nearest known key is "${nearest}"`);
    expect(error.next).toMatch(/./);
  });

  test("does not have its value shown, which may be a secret", async () => {
    const error = await refusal('[truenas]\napikey = "1-sesame"');
    expect(inspect(error, { depth: 9 })).not.toContain("sesame");
  });

  test("is refused as a flag", async () => {
    const flags = { "incus.sockt": "/s" } as LoadConfigOptions["flags"];
    await expect(load("", { flags })).rejects.toBeInstanceOf(InvalidArgumentError);
  });
});

describe("a bad value", () => {
  test.each([
    ['backend = "In Cus"', "backend", '"In Cus"', /npm package/],
    ["backend = 5", "backend", "5", /npm package/],
    ['incus = "/s"', "incus", "a text that is not shown", /table \[incus\]/],
    ['[incus]\nsocket = ""', "incus.socket", '""', /a path/],
    ["[incus]\nsocket = 1979-05-27", "incus.socket", "a date or time", /a path/],
    ['[truenas]\nport = "443"', "truenas.port", '"443"', /port from 1 to 65535/],
    ["[truenas]\nport = 65536", "truenas.port", "65536", /port from 1 to 65535/],
    ["[truenas]\nport = 44.5", "truenas.port", "44.5", /port from 1 to 65535/],
    ['[truenas]\ninsecure_skip_verify = "yes"', "truenas.insecure_skip_verify", '"yes"', /true or false/],
    ["[defaults]\ncpu = 0", "defaults.cpu", "0", /number of cores/],
    ["[defaults]\ncpu = 1.5", "defaults.cpu", "1.5", /number of cores/],
    ['[defaults]\ncpu = "3-1"', "defaults.cpu", '"3-1"', /number of cores/],
    ['[defaults]\nmemory = "2GB"', "defaults.memory", '"2GB"', /2GiB/],
    ["[defaults]\nmemory = -1", "defaults.memory", "-1", /2GiB/],
    ["[defaults]\nmemory = true", "defaults.memory", "true", /2GiB/],
    ["[defaults]\nprocesses = 0", "defaults.processes", "0", /from 1 on/],
    ['[defaults]\ndns = "192.0.2.1"', "defaults.dns", '"192.0.2.1"', /list of IP addresses/],
    ['[defaults]\ndns = ["192.0.2.1", "ns"]', "defaults.dns[1]", '"ns"', /list of IP addresses/],
    ['[defaults]\nnic_type = "bridge"', "defaults.nic_type", '"bridge"', /"bridged" or "macvlan"/],
    ["[network]\nallow = [1]", "network.allow[0]", "1", /list of texts/],
    ['[network]\negress = "none"', "network.egress", '"none"', /"agent", "allowlist" or "blocked"/],
    ["[mcp]\nidle_stop_after = 3600", "mcp.idle_stop_after", "3600", /90s/],
    ['[mcp]\nreap_interval = "0s"', "mcp.reap_interval", '"0s"', /longer than nothing/],
    ['[mcp]\nlisten_addr = ":8765"', "mcp.listen_addr", '":8765"', /127\.0\.0\.1:8765/],
    ['[mcp]\nlisten_addr = "unix:run/x"', "mcp.listen_addr", '"unix:run/x"', /unix:\/path/],
    ['[mcp]\nlisten_addr = "[::g]:1"', "mcp.listen_addr", '"[::g]:1"', /127\.0\.0\.1:8765/],
    ['[mcp]\nendpoint_path = "mcp"', "mcp.endpoint_path", '"mcp"', /"\/mcp"/],
    ['[mcp]\nprefix = "Bot-"', "mcp.prefix", '"Bot-"', /beginning of a sandbox name/],
    ['[mcp]\nprefix = "sys-"', "mcp.prefix", '"sys-"', /beginning of a sandbox name/],
    ["[mcp.warm]\ndev = -1", "mcp.warm.dev", "-1", /from 0 on/],
    ["[mcp]\nbases = 1", "mcp.bases", "a number", /table \[mcp.bases\]/],
    ['[ssh]\nuser = "a\\nb"', "ssh.user", '"a\\\\nb"', /line of text/],
  ])("%j is refused", async (toml, key, found, expected) => {
    const error = await refusal(toml);
    expect(error.message).toContain(`"${key}" in "${FILE}" is ${found.replace("\\\\", "\\")}; expected `);
    expect(error.message).toMatch(expected);
    expect(error.context).toMatchObject({ file: FILE, key });
  });

  test("in a variable is refused with the variable's name and the key", async () => {
    const error = await refusal("", { env: { PIXELS_DEFAULT_MEMORY: "lots" } });
    expect(error.message).toMatch(
      /^PIXELS_DEFAULT_MEMORY \("defaults\.memory"\) .*is "lots"; expected a size/,
    );
  });

  test("in a flag is refused with the flag's name and the key", async () => {
    const error = await refusal("", { flags: { "mcp.listen_addr": "x" } });
    expect(error.message).toMatch(/--listen-addr \("mcp\.listen_addr"\) is "x"; expected an address/);
  });

  test("is refused even where a later source overrides it", async () => {
    const everywhere = { env: { PIXELS_BACKEND: "incus" }, flags: { backend: "incus" } };
    expect((await refusal('backend = ""', everywhere)).context["file"]).toBe(FILE);
    const flagged = { env: { PIXELS_TRUENAS_PORT: "many" }, flags: { "truenas.port": "1" } };
    expect((await refusal("", flagged)).context["origin"]).toBe("PIXELS_TRUENAS_PORT");
  });

  test("that is long is cut in the message", async () => {
    const error = await refusal(`[network]\negress = "${"x".repeat(10_000)}"`);
    expect(error.message.length).toBeLessThan(400);
  });
});

describe("a variable", () => {
  test.each(["true", "TRUE", "1", "yes", "Yes", "t"])("%s is true", async (text) => {
    const { config } = await load("", { env: { PIXELS_PROVISION_ENABLED: text } });
    expect(config.provision.enabled).toBe(true);
  });

  test.each(["false", "False", "0", "no", "f"])("%s is false", async (text) => {
    const { config } = await load("", { env: { PIXELS_PROVISION_DEVTOOLS: text } });
    expect(config.provision.devtools).toBe(false);
  });

  test("that pixels does not know gives a warning with the nearest name", async () => {
    const env = {
      PIXELS_DEFUALT_IMAGE: "sesame",
      PIXELS_CONFIG: FILE,
      PIXELS_BACKEND: "incus",
      PATH: "/bin",
    };
    const { warnings } = await load("", { env });
    expect(warnings).toEqual([
      "PIXELS_DEFUALT_IMAGE is not a variable that pixels knows; the nearest is PIXELS_DEFAULT_IMAGE",
    ]);
  });

  test("may not contradict the other name of its key", async () => {
    const env = { PIXELS_TRUENAS_INSECURE: "true", PIXELS_TRUENAS_INSECURE_SKIP_VERIFY: "false" };
    const error = await refusal("", { env });
    expect(error.message).toContain(
      "PIXELS_TRUENAS_INSECURE_SKIP_VERIFY and PIXELS_TRUENAS_INSECURE both set",
    );
    const same = { PIXELS_DEFAULT_IMAGE: "x", PIXELS_DEFAULTS_IMAGE: "x" };
    expect((await load("", { env: same })).config.defaults.image).toBe("x");
  });
});

describe("keys that belong together", () => {
  test.each([
    ['[mcp]\ntls_cert = "/c"', /"mcp\.tls_cert" .* needs "mcp\.tls_key" beside it/],
    ['[incus]\nclient_key = "/k"', /"incus\.client_key" .* needs "incus\.client_cert" beside it/],
    [
      '[mcp]\nauth = "none"\nlisten_addr = "0.0.0.0:8765"',
      /"mcp\.auth" .* is "none" while "mcp\.listen_addr"/,
    ],
    ["[mcp.warm]\nphp = 1", /"mcp\.warm" .* names the base "php", which is not known; the nearest is/],
  ])("%j is refused", async (toml, message) => {
    expect((await refusal(toml)).message).toMatch(message);
  });

  test.each(["127.0.0.1:1", "127.8.8.8:1", "localhost:1", "[::1]:1", "unix:/run/px"])(
    "no authentication is fine on %s",
    async (address) => {
      const { config } = await load(`[mcp]\nauth = "none"\nlisten_addr = "${address}"`);
      expect(config.mcp.auth).toBe("none");
    },
  );
});

describe("secrets", () => {
  test("show in no message, JSON or inspection", async () => {
    const loaded = await load(
      '[truenas]\napi_key = "1-sesame"\n[env]\nTOKEN = "2-sesame"\n[backends."@acme/box"]\napi_token = "3-sesame"',
      { env: { PIXELS_ENV_OTHER: "4-sesame" } },
    );
    const shown =
      JSON.stringify([loaded, [...loaded.settings]]) + inspect(loaded, { depth: 9, showHidden: true });
    expect(shown).not.toContain("sesame");
    const { truenas, env, backends } = loaded.config;
    expect(truenas.apiKey?.reveal()).toBe("1-sesame");
    expect(env.written["TOKEN"]?.reveal()).toBe("2-sesame");
    expect(env.written["OTHER"]?.reveal()).toBe("4-sesame");
    expect(backends["@acme/box"]?.reveal()).toEqual({ apiToken: "3-sesame" });
  });

  test.each([
    ['[truenas]\napi_key = "ses\\u0000ame"', {}],
    ['[truenas]\napi_key = ["sesame"]', {}],
    ["", { env: { PIXELS_TRUENAS_API_KEY: "sesame\n" } }],
    ["", { flags: { "truenas.api_key": "sesame\n" } }],
    ['[env]\nA = ["sesame"]', {}],
    ['[env]\nA = { value = ["sesame"] }', {}],
    ['[env]\nA = { forward = "sesame" }', {}],
    ['[env]\nA = "sesame\\n"', {}],
    ['[env]\nA = { forward = true, value = "sesame" }', {}],
    ['[backends]\nx = "sesame"', {}],
    ['env = "sesame"', {}],
    ['truenas = "sesame"', {}],
  ])("show in no error: %j %j", async (toml, options) => {
    const error = await refusal(toml, options);
    expect(inspect(error, { depth: 9 })).not.toMatch(/sesame|ses\\/);
  });
});

describe("[backends.<name>]", () => {
  test("hands options on in camelCase and leaves what is in them alone", async () => {
    const { config } = await load('[backends.box]\nmax_items = 3\nlabel_map = { some_name = "x" }');
    expect(config.backends["box"]?.reveal()).toEqual({ maxItems: 3, labelMap: { some_name: "x" } });
  });

  test("is refused for the backends that have a section", async () => {
    expect((await refusal('[backends.incus]\nsocket = "/s"')).next).toContain("[incus]");
  });
});

test("every source is told in words", async () => {
  const options = { env: { PIXELS_SSH_USER: "ann" }, flags: { backend: "box" } };
  const { settings } = await load('[ssh]\nkey = "/k"', options);
  const told = (key: string) => formatOrigin(settings.get(key)?.origin ?? { kind: "default" });
  expect(["defaults.cpu", "ssh.key", "ssh.user", "backend"].map(told)).toEqual([
    "default",
    FILE,
    "PIXELS_SSH_USER",
    "flag --backend",
  ]);
});

test("an abort rejects with its reason, untouched", async () => {
  const reason = new Error("enough");
  await expect(load("", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const loading = load("", {
    signal: controller.signal,
    readFile: () => {
      controller.abort(reason);
      return Promise.reject(new Error("other"));
    },
  });
  await expect(loading).rejects.toBe(reason);
});

test("every refusal is a PixelsError with a next step", async () => {
  const error = await refusal("x = 1");
  expect(PixelsError.is(error)).toBe(true);
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.next).toMatch(/./);
});

test("the types follow the table", () => {
  expectTypeOf<PixelsConfig["defaults"]["memoryBytes"]>().toEqualTypeOf<number>();
  expectTypeOf<PixelsConfig["defaults"]["diskBytes"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<PixelsConfig["defaults"]["cpu"]>().toEqualTypeOf<CpuLimit>();
  expectTypeOf<PixelsConfig["mcp"]["idleStopAfterMs"]>().toEqualTypeOf<number>();
  expectTypeOf<PixelsConfig["mcp"]["warm"]>().toEqualTypeOf<Readonly<Record<string, number>>>();
  expectTypeOf<PixelsConfig["truenas"]["apiKey"]>().toEqualTypeOf<Secret | undefined>();
  expectTypeOf<PixelsConfig["incus"]["socket"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<PixelsConfig["network"]["egress"]>().toEqualTypeOf<
    "unrestricted" | "agent" | "allowlist" | "blocked"
  >();
});
