import type { ValueKindName } from "./kinds.ts";

/** A key of the configuration. */
export interface ConfigKey {
  /** As it is written in the file, with its section: "incus.socket". */
  readonly path: string;
  readonly kind: ValueKindName;
  /** As it would be written in the file; absent: the key is unset unless somebody sets it. */
  readonly default?: string | number | boolean | readonly string[] | Readonly<Record<string, never>>;
  /** What happens while the key is unset, for people. */
  readonly unset?: string;
  /** Names of variables beside the systematic PIXELS_<SECTION>_<KEY>. */
  readonly aliases?: readonly string[];
  /** What it does, for people: a phrase without a full stop. */
  readonly description: string;
}

/** Every key of the configuration but those of the maps `[mcp.bases.<name>]`, `[env]` and `[backends.<name>]`. */
export const configKeys = [
  {
    path: "backend",
    kind: "backend",
    default: "incus",
    description: "where sandboxes live: incus, truenas or the name of an npm package that exports a backend",
  },

  {
    path: "incus.socket",
    kind: "path",
    unset: "INCUS_SOCKET, INCUS_DIR, then the usual places",
    description: "unix socket of Incus",
  },
  { path: "incus.remote", kind: "text", description: "address of an Incus server to reach over TLS" },
  { path: "incus.client_cert", kind: "path", description: "client certificate for the remote (PEM)" },
  { path: "incus.client_key", kind: "path", description: "private key of the client certificate (PEM)" },
  { path: "incus.server_cert", kind: "path", description: "certificate that the remote must show (PEM)" },
  {
    path: "incus.project",
    kind: "text",
    unset: "the server's default project",
    description: "Incus project",
  },

  { path: "truenas.host", kind: "text", description: "name or address of the TrueNAS server" },
  { path: "truenas.port", kind: "port", unset: "443", description: "port of its API" },
  {
    path: "truenas.username",
    kind: "text",
    default: "root",
    description: "user that the API key belongs to",
  },
  { path: "truenas.api_key", kind: "secret", description: "API key" },
  {
    path: "truenas.insecure_skip_verify",
    kind: "boolean",
    default: false,
    aliases: ["PIXELS_TRUENAS_INSECURE"],
    description: "accept any TLS certificate",
  },

  {
    path: "defaults.image",
    kind: "text",
    default: "ubuntu/24.04",
    aliases: ["PIXELS_DEFAULT_IMAGE"],
    description: "image of a new sandbox: an alias on the server",
  },
  {
    path: "defaults.cpu",
    kind: "cpu",
    default: "2",
    aliases: ["PIXELS_DEFAULT_CPU"],
    description: 'number of cores, or the cores to pin to ("0-3")',
  },
  {
    path: "defaults.memory",
    kind: "size",
    default: "2GiB",
    aliases: ["PIXELS_DEFAULT_MEMORY"],
    description: "limit of memory",
  },
  {
    path: "defaults.disk",
    kind: "size",
    unset: "no limit",
    aliases: ["PIXELS_DEFAULT_DISK"],
    description: "limit of disk space",
  },
  {
    path: "defaults.processes",
    kind: "count",
    default: 4096,
    aliases: ["PIXELS_DEFAULT_PROCESSES"],
    description: "limit of processes",
  },
  {
    path: "defaults.pool",
    kind: "text",
    unset: "chosen by the backend",
    aliases: ["PIXELS_DEFAULT_POOL"],
    description: "storage pool",
  },
  {
    path: "defaults.network",
    kind: "text",
    unset: "chosen by the backend",
    aliases: ["PIXELS_DEFAULT_NETWORK"],
    description: "network of the server",
  },
  {
    path: "defaults.nic_type",
    kind: "nic",
    unset: "chosen by the backend",
    aliases: ["PIXELS_DEFAULT_NIC_TYPE"],
    description: "how a sandbox joins a network that the server does not manage: bridged or macvlan",
  },
  {
    path: "defaults.parent",
    kind: "text",
    unset: "chosen by the backend",
    aliases: ["PIXELS_DEFAULT_PARENT"],
    description: "interface or bridge of the host that it joins",
  },
  {
    path: "defaults.dns",
    kind: "addresses",
    default: [],
    aliases: ["PIXELS_DEFAULT_DNS"],
    description: "name servers written into sandboxes",
  },
  {
    path: "defaults.image_server",
    kind: "text",
    unset: "chosen by the backend",
    aliases: ["PIXELS_DEFAULT_IMAGE_SERVER"],
    description:
      'simplestreams server where images that the server does not have are looked up; "none" for none',
  },

  { path: "ssh.user", kind: "text", default: "pixel", description: "account that SSH logs in as" },
  {
    path: "ssh.key",
    kind: "path",
    default: "~/.ssh/id_ed25519",
    description: "private key; its .pub is authorised in sandboxes",
  },
  {
    path: "ssh.strict_host_keys",
    kind: "boolean",
    default: true,
    description: "pin host keys and refuse a changed one",
  },

  {
    path: "checkpoint.dataset_prefix",
    kind: "text",
    unset: "found by asking the server",
    description: "ZFS dataset under which TrueNAS keeps the sandboxes",
  },

  {
    path: "provision.enabled",
    kind: "boolean",
    default: true,
    description: "prepare a new sandbox: account, keys, resolver, environment",
  },
  { path: "provision.devtools", kind: "boolean", default: true, description: "install the developer tools" },
  {
    path: "provision.ca_certificates",
    kind: "paths",
    default: [],
    description: "certificates of CAs (PEM) that sandboxes trust",
  },
  {
    path: "provision.npm_registry",
    kind: "text",
    unset: "what npm in the sandbox is set to",
    description: "npm registry that the developer tools come from where their own sites cannot be reached",
  },

  {
    path: "network.egress",
    kind: "egress",
    default: "unrestricted",
    description: "what a new sandbox may reach: unrestricted, agent, allowlist or blocked",
  },
  {
    path: "network.allow",
    kind: "list",
    default: [],
    description: "hosts and networks that agent and allowlist add",
  },

  {
    path: "mcp.prefix",
    kind: "prefix",
    default: "mcp-",
    description: "how names of sandboxes made over MCP begin",
  },
  { path: "mcp.base_prefix", kind: "prefix", default: "base-", description: "how names of bases begin" },
  {
    path: "mcp.default_image",
    kind: "text",
    unset: "defaults.image",
    description: "image of sandboxes made over MCP",
  },
  {
    path: "mcp.listen_addr",
    kind: "listen",
    default: "127.0.0.1:8765",
    description: "where the server listens: host:port or unix:/path",
  },
  { path: "mcp.endpoint_path", kind: "route", default: "/mcp", description: "path of the endpoint" },
  {
    path: "mcp.idle_stop_after",
    kind: "duration",
    default: "1h",
    description: "an idle sandbox is stopped after this",
  },
  {
    path: "mcp.hard_destroy_after",
    kind: "duration",
    default: "24h",
    description: "a sandbox is destroyed after this",
  },
  {
    path: "mcp.reap_interval",
    kind: "duration",
    default: "1m",
    description: "how often idle and old sandboxes are looked for",
  },
  {
    path: "mcp.exec_timeout_max",
    kind: "duration",
    default: "10m",
    description: "the longest time limit that a call may set",
  },
  {
    path: "mcp.state_file",
    kind: "path",
    unset: "in the user's state folder",
    description: "where the server keeps its state",
  },
  {
    path: "mcp.pid_file",
    kind: "path",
    unset: "beside the state file",
    description: "where the server writes its process id",
  },
  {
    path: "mcp.token_file",
    kind: "path",
    unset: "beside the state file",
    description: "bearer tokens: lines of `principal token`, mode 0600",
  },
  {
    path: "mcp.auth",
    kind: "auth",
    default: "token",
    description: "token, or none (only on loopback)",
  },
  { path: "mcp.tls_cert", kind: "path", unset: "no TLS", description: "certificate of the server (PEM)" },
  { path: "mcp.tls_key", kind: "path", unset: "no TLS", description: "private key of the certificate (PEM)" },
  {
    path: "mcp.insecure_http",
    kind: "boolean",
    default: false,
    description: "allow listening beyond loopback without TLS",
  },
  {
    path: "mcp.warm",
    kind: "counts",
    default: {},
    description: "how many unused sandboxes of each base are kept ready",
  },
] as const satisfies readonly ConfigKey[];

/** The names of the variables that set a key, the systematic one first. */
export function environmentNames(key: ConfigKey): readonly [string, ...string[]] {
  return [`PIXELS_${key.path.replaceAll(".", "_").toUpperCase()}`, ...(key.aliases ?? [])];
}
