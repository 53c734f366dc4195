import { homedir } from "node:os";
import {
  CapabilityUnsupportedError,
  createSandboxClient,
  type CallOptions,
  type SandboxClient,
  type SandboxName,
  type SandboxPreparer,
} from "@pixels/core";
import type { SandboxBackend } from "@pixels/core/backend";
import { loadConfig, type ConfigKeyPath, type LoadedConfig, type PixelsConfig } from "@pixels/core/config";
import { incusBackend, type IncusBackendOptions, useIncus } from "@pixels/incus-backend";
import type { IncusApi } from "@pixels/incus-backend/rest";
import type { Provisioning } from "@pixels/provisioner";

/** What another command left half made takes a second or two to remove. Once the own work is done it is not waited for longer than this; the next command goes on with it. */
const COLLECT_GRACE_MS = 5000;

export interface SessionOptions extends CallOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `--config` says. */
  readonly configPath: string | undefined;
  /** What `--backend` says. */
  readonly backend: string | undefined;
  /** How many launchers wait in a sandbox, for a command that starts many in it. Default 0. */
  readonly spareLaunchers?: number | undefined;
  /** Called for each sandbox that is created, with what became of its provisioning. */
  readonly onProvisioned?: ((sandbox: SandboxName, provisioning: Provisioning) => void) | undefined;
  readonly warn: (message: string) => void;
  readonly debug: (message: string) => void;
}

/** What a command works with. Disposing it waits for the collection, then closes the connections. */
export interface Session extends AsyncDisposable {
  readonly config: PixelsConfig;
  readonly client: SandboxClient;
  /** Removes what commands that were killed have left half made, once a session; gives the names, and none where it failed. */
  collect(): Promise<readonly SandboxName[]>;
}

/** Configuration → backend → client. Makes no request. Rejects with CONFIG_INVALID, INVALID_ARGUMENT or CAPABILITY_UNSUPPORTED. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { debug, signal } = options;
  const { config } = await readConfig(options);
  const client = createSandboxClient({
    backend: openBackend(config, options),
    prepare: createLazyPreparer(config, options),
  });
  let collecting: Promise<readonly SandboxName[]> | undefined;
  const enough = new AbortController();
  return {
    config,
    client,
    collect() {
      const signals = [enough.signal, ...(signal === undefined ? [] : [signal])];
      return (collecting ??= collectAbandoned(client, { signal: AbortSignal.any(signals), debug }));
    },
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => enough.abort(new Error("it takes too long")), COLLECT_GRACE_MS);
      await collecting;
      clearTimeout(timer);
      await client[Symbol.asyncDispose]();
    },
  };
}

/** For what sandboxes are not concerned in: the Incus server itself. Rejects as `openSession`, and with what the work rejects with. */
export async function withIncus<T>(
  options: SessionOptions,
  work: (api: IncusApi, config: PixelsConfig) => Promise<T>,
): Promise<T> {
  const { config } = await readConfig(options);
  return await useIncus(toIncusOptions(config, options.env), (api) => work(api, config));
}

/** The configuration, with its warnings told. Rejects with CONFIG_INVALID. */
export async function readConfig({
  env,
  configPath,
  backend,
  warn,
  signal,
}: SessionOptions): Promise<LoadedConfig> {
  const loaded = await loadConfig({
    env,
    homeDirectory: homedir(),
    configPath,
    flags: { backend },
    signal,
  });
  for (const warning of loaded.warnings) warn(warning);
  return loaded;
}

/** Loaded with the first create, so that other commands do without it. */
function createLazyPreparer(
  config: PixelsConfig,
  { signal, onProvisioned }: Pick<SessionOptions, "signal" | "onProvisioned">,
): SandboxPreparer {
  let loading: Promise<SandboxPreparer> | undefined;
  const load = (): Promise<SandboxPreparer> =>
    (loading ??= import("./load-preparer.ts").then(({ loadPreparer }) =>
      loadPreparer(config, { signal, onProvisioned }),
    ));
  return {
    async check(request, options) {
      await (await load()).check(request, options);
    },
    async identify(sandbox, request, options) {
      if (request.provision !== false) {
        await (await load()).identify(sandbox, request, options);
        return;
      }
      // what the configuration would have written, and whether it could be, does not matter
      const { createPreparer } = await import("@pixels/provisioner");
      await createPreparer().identify(sandbox, request, options);
    },
    async provision(sandbox, request, options) {
      return await (await load()).provision(sandbox, request, options);
    },
  };
}

function openBackend(
  config: PixelsConfig,
  { env, spareLaunchers = 0 }: Pick<SessionOptions, "env" | "spareLaunchers">,
): SandboxBackend {
  return incusBackend({ spareLaunchers, ...toIncusOptions(config, env) });
}

/** Throws CAPABILITY_UNSUPPORTED where the configuration asks for what this version cannot do. */
export function toIncusOptions(
  config: PixelsConfig,
  environment: SessionOptions["env"],
): IncusBackendOptions {
  if (config.backend !== "incus")
    throw new CapabilityUnsupportedError(
      `this version of pixels has no backend ${JSON.stringify(config.backend)}`,
      { next: 'set backend to "incus", or leave it out', context: { backend: config.backend } },
    );
  refuseSettings({
    "defaults.nic_type": config.defaults.nicType,
    "defaults.parent": config.defaults.parent,
  });
  return {
    ...config.incus,
    pool: config.defaults.pool,
    network: config.defaults.network,
    imageServer: config.defaults.imageServer,
    environment,
  };
}

/** Another network than the one meant is worse than none. */
function refuseSettings(settings: { readonly [Key in ConfigKeyPath]?: string | undefined }): void {
  for (const [key, value] of Object.entries(settings))
    if (value !== undefined)
      throw new CapabilityUnsupportedError(
        `this version of pixels cannot act on ${JSON.stringify(key)} yet`,
        {
          next: `remove ${key}; sandboxes are on a bridge that the server manages`,
          context: { key },
        },
      );
}

async function collectAbandoned(
  client: SandboxClient,
  { signal, debug }: CallOptions & Pick<SessionOptions, "debug">,
): Promise<readonly SandboxName[]> {
  try {
    const names = await client.collectAbandoned({ signal });
    if (names.length > 0) debug(`removed what was left half made: ${names.join(", ")}`);
    return names;
  } catch (error) {
    // the next command tries again
    debug(
      `cannot look for what was left half made: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
}
