import type { BackendCapabilities, InstanceEvent, SandboxBackend } from "./backend/backend.ts";
import { checkRequest } from "./internal/check-request.ts";
import { checkPreparation, planPreparation } from "./internal/preparation.ts";
import { DEFAULT_WAIT_TIMEOUT_MS, OwnedSandboxHandle, SandboxHandle } from "./internal/sandbox-handle.ts";
import { withDeadline, withPatience } from "./internal/with-deadline.ts";
import { parseSandboxName, type SandboxName } from "./names.ts";
import type { CallOptions, WaitOptions } from "./options.ts";
import type { SandboxPreparer } from "./prepare.ts";
import type {
  AbandonedSandbox,
  CreateSandboxRequest,
  OwnedSandbox,
  Sandbox,
  SandboxInfo,
} from "./sandbox.ts";

export interface ListOptions extends CallOptions {
  /** Only those that carry all of these labels with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The one door to sandboxes, for apps and libraries. Disposing it closes its connections and leaves the sandboxes alone. */
export interface SandboxClient extends AsyncDisposable {
  readonly capabilities: BackendCapabilities;
  /**
   * Resolves once commands can run. The caller owns it: `await using`, `destroy()`, or `release()`. Without `timeoutMs` it may take as long as
   * it takes, as while an image is downloaded, but rejects with TIMEOUT after two minutes without any progress.
   */
  create(request: CreateSandboxRequest, options?: WaitOptions): Promise<OwnedSandbox>;
  /** Rejects with SANDBOX_NOT_FOUND. */
  get(name: string, options?: CallOptions): Promise<Sandbox>;
  /** A handle without asking the server whether there is such a sandbox. */
  sandbox(name: string): Sandbox;
  /** All sandboxes, by name. */
  list(options?: ListOptions): AsyncIterable<SandboxInfo>;
  /** What `collectAbandoned` would act on, by name; changes nothing. */
  listAbandoned(options?: CallOptions): Promise<readonly AbandonedSandbox[]>;
  /** Removes what creating processes on this host that were killed have left half made, and gives the names; finishes restores of such. */
  collectAbandoned(options?: CallOptions): Promise<readonly SandboxName[]>;
  watch(options?: CallOptions): AsyncIterable<InstanceEvent>;
}

export interface SandboxClientOptions {
  /** Without one, a sandbox is its image and no more, and a clone keeps its source's machine-id, host keys and hostname. */
  readonly prepare?: SandboxPreparer;
  /** The client takes it over: disposing the client disposes it. */
  readonly backend: SandboxBackend;
}

/** A client over a backend. Makes no request itself. */
export function createSandboxClient({ backend, prepare }: SandboxClientOptions): SandboxClient {
  return {
    capabilities: backend.capabilities,

    async create(request, options = {}) {
      const spec = checkRequest(request);
      const what = `creating sandbox ${JSON.stringify(spec.name)}`;
      checkPreparation(request, prepare);
      const act = async (waitOptions: WaitOptions): Promise<OwnedSandbox> => {
        const hooks =
          prepare === undefined
            ? {}
            : await planPreparation(prepare, request, {
                ...waitOptions,
                sandbox: new SandboxHandle(backend, spec.name),
              });
        const info = await backend.instances.create({ ...spec, ...hooks }, waitOptions);
        return new OwnedSandboxHandle(backend, info);
      };
      // an image may have to be downloaded first, which takes what it takes
      return options.timeoutMs === undefined
        ? await withPatience({ ...options, silenceMs: DEFAULT_WAIT_TIMEOUT_MS }, what, act)
        : await withDeadline(options, what, act);
    },

    async get(name, options = {}) {
      const sandbox = new SandboxHandle(backend, parseSandboxName(name));
      await sandbox.info(options);
      return sandbox;
    },

    sandbox: (name) => new SandboxHandle(backend, parseSandboxName(name)),

    async *list({ labels = {}, signal } = {}) {
      signal?.throwIfAborted();
      const wanted = Object.entries(labels);
      for (const info of await backend.instances.list({ signal }))
        if (wanted.every(([key, value]) => info.labels[key] === value)) yield info;
    },

    async listAbandoned(options = {}) {
      options.signal?.throwIfAborted();
      return await backend.instances.listAbandoned(options);
    },

    async collectAbandoned(options = {}) {
      options.signal?.throwIfAborted();
      return await backend.instances.collectAbandoned(options);
    },

    watch: (options = {}) => backend.instances.watch(options),

    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
    },
  };
}
