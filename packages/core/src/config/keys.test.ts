import { describe, expect, test } from "vitest";
import type { ConfigKeyPath } from "./config.ts";
import { type ConfigKey, configKeys, environmentNames } from "./keys.ts";
import { loadConfig, type LoadConfigOptions } from "./load-config.ts";
import { Secret } from "./secret.ts";

interface Sample {
  /** Where the value is in `PixelsConfig`. */
  readonly property: readonly [string, string?];
  readonly byDefault: unknown;
  /** As TOML writes it, and what comes of it. */
  readonly toml: readonly [string, unknown];
  /** As a variable or a flag has it, and what comes of it. */
  readonly text: readonly [string, unknown];
}

const samples: Readonly<Record<ConfigKeyPath, Sample>> = {
  backend: {
    property: ["backend"],
    byDefault: "incus",
    toml: ['"truenas"', "truenas"],
    text: ["@acme/box", "@acme/box"],
  },
  "incus.socket": file("incus", "socket", undefined),
  "incus.remote": word("incus", "remote", undefined),
  "incus.client_cert": file("incus", "clientCert", undefined),
  "incus.client_key": file("incus", "clientKey", undefined),
  "incus.server_cert": file("incus", "serverCert", undefined),
  "incus.project": word("incus", "project", undefined),
  "truenas.host": word("truenas", "host", undefined),
  "truenas.port": {
    property: ["truenas", "port"],
    byDefault: undefined,
    toml: ["8443", 8443],
    text: ["444", 444],
  },
  "truenas.username": word("truenas", "username", "root"),
  "truenas.api_key": {
    property: ["truenas", "apiKey"],
    byDefault: undefined,
    toml: ['"1-one"', "1-one"],
    text: ["2-two", "2-two"],
  },
  "truenas.insecure_skip_verify": yesNo("truenas", "insecureSkipVerify", false),
  "defaults.image": word("defaults", "image", "ubuntu/24.04"),
  "defaults.cpu": {
    property: ["defaults", "cpu"],
    byDefault: 2,
    toml: ["4", 4],
    text: ["0-3", { set: "0-3" }],
  },
  "defaults.memory": size("memoryBytes", 2_147_483_648),
  "defaults.disk": size("diskBytes", undefined),
  "defaults.processes": {
    property: ["defaults", "processes"],
    byDefault: 4096,
    toml: ["100", 100],
    text: ["200", 200],
  },
  "defaults.pool": word("defaults", "pool", undefined),
  "defaults.network": word("defaults", "network", undefined),
  "defaults.nic_type": {
    property: ["defaults", "nicType"],
    byDefault: undefined,
    toml: ['"macvlan"', "macvlan"],
    text: ["bridged", "bridged"],
  },
  "defaults.parent": word("defaults", "parent", undefined),
  "defaults.dns": {
    property: ["defaults", "dns"],
    byDefault: [],
    toml: ['["192.0.2.53"]', ["192.0.2.53"]],
    text: ["192.0.2.1, 2001:db8::1", ["192.0.2.1", "2001:db8::1"]],
  },
  "defaults.image_server": word("defaults", "imageServer", undefined),
  "ssh.user": word("ssh", "user", "pixel"),
  "ssh.key": file("ssh", "key", "/home/ann/.ssh/id_ed25519"),
  "ssh.strict_host_keys": yesNo("ssh", "strictHostKeys", true),
  "checkpoint.dataset_prefix": word("checkpoint", "datasetPrefix", undefined),
  "provision.enabled": yesNo("provision", "enabled", true),
  "provision.devtools": yesNo("provision", "devtools", true),
  "provision.ca_certificates": {
    property: ["provision", "caCertificates"],
    byDefault: [],
    toml: ['["~/a.pem", "b.pem"]', ["/home/ann/a.pem", "/etc/px/b.pem"]],
    text: ["/c.pem,~/d.pem", ["/c.pem", "/home/ann/d.pem"]],
  },
  "provision.npm_registry": word("provision", "npmRegistry", undefined),
  "network.egress": {
    property: ["network", "egress"],
    byDefault: "unrestricted",
    toml: ['"agent"', "agent"],
    text: ["blocked", "blocked"],
  },
  "network.allow": {
    property: ["network", "allow"],
    byDefault: [],
    toml: ['["example.org", "*.example.org"]', ["example.org", "*.example.org"]],
    text: ["example.com,192.0.2.0/24:5432", ["example.com", "192.0.2.0/24:5432"]],
  },
  "mcp.prefix": prefix("prefix", "mcp-"),
  "mcp.base_prefix": prefix("basePrefix", "base-"),
  "mcp.default_image": word("mcp", "defaultImage", undefined),
  "mcp.listen_addr": {
    property: ["mcp", "listenAddr"],
    byDefault: "127.0.0.1:8765",
    toml: ['"unix:~/px.sock"', "unix:/home/ann/px.sock"],
    text: ["[::1]:9000", "[::1]:9000"],
  },
  "mcp.endpoint_path": {
    property: ["mcp", "endpointPath"],
    byDefault: "/mcp",
    toml: ['"/one"', "/one"],
    text: ["/two", "/two"],
  },
  "mcp.idle_stop_after": duration("idleStopAfterMs", 3_600_000),
  "mcp.hard_destroy_after": duration("hardDestroyAfterMs", 86_400_000),
  "mcp.reap_interval": duration("reapIntervalMs", 60_000),
  "mcp.exec_timeout_max": duration("execTimeoutMaxMs", 600_000),
  "mcp.state_file": file("mcp", "stateFile", undefined),
  "mcp.pid_file": file("mcp", "pidFile", undefined),
  "mcp.token_file": file("mcp", "tokenFile", undefined),
  "mcp.auth": {
    property: ["mcp", "auth"],
    byDefault: "token",
    toml: ['"none"', "none"],
    text: ["token", "token"],
  },
  "mcp.tls_cert": file("mcp", "tlsCert", undefined),
  "mcp.tls_key": file("mcp", "tlsKey", undefined),
  "mcp.insecure_http": yesNo("mcp", "insecureHttp", false),
  "mcp.warm": {
    property: ["mcp", "warm"],
    byDefault: {},
    toml: ["{ dev = 2 }", { dev: 2 }],
    text: ["python=1, node=0", { python: 1, node: 0 }],
  },
};

function word(section: string, name: string, byDefault: unknown): Sample {
  return { property: [section, name], byDefault, toml: ['"one"', "one"], text: ["two", "two"] };
}

function file(section: string, name: string, byDefault: unknown): Sample {
  return {
    property: [section, name],
    byDefault,
    toml: ['"x/one"', "/etc/px/x/one"],
    text: ["~/two", "/home/ann/two"],
  };
}

function yesNo(section: string, name: string, byDefault: boolean): Sample {
  return {
    property: [section, name],
    byDefault,
    toml: [String(!byDefault), !byDefault],
    text: [byDefault ? "yes" : "0", byDefault],
  };
}

function size(name: string, byDefault: unknown): Sample {
  return {
    property: ["defaults", name],
    byDefault,
    toml: ["1024", 1_073_741_824],
    text: ["512MiB", 536_870_912],
  };
}

function duration(name: string, byDefault: number): Sample {
  return { property: ["mcp", name], byDefault, toml: ['"90s"', 90_000], text: ["1h30m", 5_400_000] };
}

function prefix(name: string, byDefault: string): Sample {
  return { property: ["mcp", name], byDefault, toml: ['"px-bot-"', "bot-"], text: ["ai", "ai"] };
}

const FILE = "/etc/px/config.toml";
/** What must stand beside a key for the configuration as a whole to make sense. */
const companions: Readonly<Record<string, string>> = {
  "incus.client_cert": "incus.client_key",
  "incus.client_key": "incus.client_cert",
  "mcp.tls_cert": "mcp.tls_key",
  "mcp.tls_key": "mcp.tls_cert",
};

async function resolve(
  key: ConfigKeyPath,
  given: { toml?: string; env?: Record<string, string>; flag?: string },
) {
  const companion = companions[key];
  const env: Record<string, string> = { ...given.env };
  if (companion !== undefined && Object.keys(given).length > 0) env[systematicName(companion)] = "/companion";
  const options: LoadConfigOptions = {
    env,
    homeDirectory: "/home/ann",
    configPath: FILE,
    flags: given.flag === undefined ? {} : { [key]: given.flag },
    readFile: () => Promise.resolve(given.toml === undefined ? "" : toToml(key, given.toml)),
  };
  const loaded = await loadConfig(options);
  const [section, name] = samples[key].property;
  const outer: unknown = Reflect.get(loaded.config, section);
  const value: unknown = name === undefined ? outer : Reflect.get(Object(outer), name);
  expect(loaded.warnings).toEqual([]);
  return {
    value: value instanceof Secret ? value.reveal() : value,
    origin: loaded.settings.get(key)?.origin,
  };
}

function toToml(key: string, value: string): string {
  const [section, name] = key.split(".");
  return name === undefined ? `${section} = ${value}` : `[${section}]\n${name} = ${value}`;
}

/** What TOML writes, as a variable would have it. */
function toText(toml: string): string {
  return toml.replaceAll(/[[\]{}" ]/g, "");
}

function systematicName(key: string): string {
  return `PIXELS_${key.replaceAll(".", "_").toUpperCase()}`;
}

describe.each(configKeys.map((key): [ConfigKeyPath, ConfigKey] => [key.path, key]))("%s", (path, key) => {
  const { byDefault, toml, text } = samples[path];
  const [systematic, ...aliases] = environmentNames(key);

  test("has its default", async () => {
    expect(await resolve(path, {})).toEqual({ value: byDefault, origin: { kind: "default" } });
  });

  test("is read from the file", async () => {
    expect(await resolve(path, { toml: toml[0] })).toEqual({
      value: toml[1],
      origin: { kind: "file", path: FILE },
    });
  });

  test("is read from its systematic variable, which beats the file", async () => {
    expect(systematic).toBe(systematicName(path));
    expect(await resolve(path, { toml: toml[0], env: { [systematic]: text[0] } })).toEqual({
      value: text[1],
      origin: { kind: "environment", variable: systematic },
    });
  });

  test.each(aliases)("is read from %s", async (alias) => {
    expect(await resolve(path, { toml: toml[0], env: { [alias]: text[0] } })).toEqual({
      value: text[1],
      origin: { kind: "environment", variable: alias },
    });
  });

  test("is read from a flag, which beats file and environment", async () => {
    const env = { [systematic]: toText(toml[0]) };
    const { value, origin } = await resolve(path, { toml: toml[0], env, flag: text[0] });
    expect(value).toEqual(text[1]);
    expect(origin).toEqual({ kind: "flag", flag: expect.stringMatching(/^--[a-z-]+$/) });
  });

  test("an empty variable counts as not set", async () => {
    expect((await resolve(path, { toml: toml[0], env: { [systematic]: "" } })).value).toEqual(toml[1]);
  });
});

test("the variables of the tool that pixels takes over from are all known", () => {
  const names = new Set(configKeys.flatMap((key) => environmentNames(key)));
  const original = [
    "BACKEND",
    ...["SOCKET", "REMOTE", "CLIENT_CERT", "CLIENT_KEY", "SERVER_CERT", "PROJECT"].map((it) => `INCUS_${it}`),
    ...["HOST", "PORT", "USERNAME", "API_KEY", "INSECURE"].map((it) => `TRUENAS_${it}`),
    ...["IMAGE", "CPU", "MEMORY", "POOL", "NETWORK", "NIC_TYPE", "PARENT", "DNS"].map(
      (it) => `DEFAULT_${it}`,
    ),
    ...["USER", "KEY", "STRICT_HOST_KEYS"].map((it) => `SSH_${it}`),
    "CHECKPOINT_DATASET_PREFIX",
    "PROVISION_ENABLED",
    "PROVISION_DEVTOOLS",
    "NETWORK_EGRESS",
    ...["PREFIX", "BASE_PREFIX", "DEFAULT_IMAGE", "LISTEN_ADDR", "ENDPOINT_PATH", "IDLE_STOP_AFTER"].map(
      (it) => `MCP_${it}`,
    ),
    ...["HARD_DESTROY_AFTER", "REAP_INTERVAL", "EXEC_TIMEOUT_MAX", "STATE_FILE", "PID_FILE"].map(
      (it) => `MCP_${it}`,
    ),
  ];
  expect(original.map((it) => `PIXELS_${it}`).filter((name) => !names.has(name))).toEqual([]);
});

test("no two keys share a name, a property or a variable", () => {
  const paths = configKeys.map((key) => key.path);
  const variables = configKeys.flatMap((key) => environmentNames(key));
  expect(new Set(paths).size).toBe(paths.length);
  expect(new Set(variables).size).toBe(variables.length);
});
