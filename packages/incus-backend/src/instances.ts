import { ConflictError, InvalidArgumentError, SandboxNotFoundError } from "@pixels/core";
import type { CallOptions, SandboxChange, SandboxInfo, SandboxName } from "@pixels/core";
import { type BackendInstances, toInstanceName } from "@pixels/core/backend";
import { collectAbandoned } from "./abandoned.ts";
import { hasBooted, waitForBoot } from "./boot.ts";
import { LABEL_PREFIX } from "./config-keys.ts";
import { createInstance } from "./create-instance.ts";
import { translating } from "./errors.ts";
import type { AddressBook } from "./network.ts";
import type { IncusBackendOptions } from "./options.ts";
import { removeInstance, stopInstance } from "./remove-instance.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError } from "./rest/errors.ts";
import type { SftpSessions } from "./sftp/sessions.ts";
import type { SpareLaunchers } from "./spare-launchers.ts";
import { fromLimits, toSandboxInfo, toSandboxUsage } from "./translate.ts";
import { watchInstances } from "./watch.ts";

export interface InstancesOptions {
  readonly api: IncusApi;
  readonly addressBook: AddressBook;
  readonly backend: IncusBackendOptions;
  readonly spares: SpareLaunchers;
  readonly sftp: SftpSessions;
  /** Ids of instances that a failed create of this process could not remove. */
  readonly unremoved: Set<string>;
}

/** Sandboxes as Incus instances. */
export function createBackendInstances(parts: InstancesOptions): BackendInstances {
  const { api } = parts;

  async function get(name: SandboxName, options: CallOptions): Promise<SandboxInfo> {
    const { instance, etag } = await api.instances.get(toInstanceName(name), options);
    const info = toSandboxInfo(instance, { revision: etag });
    if (info === undefined)
      throw new SandboxNotFoundError(`there is no sandbox named ${JSON.stringify(name)}`);
    return info;
  }

  return {
    create: (spec, options) =>
      translating(
        { sandbox: spec.name, image: spec.source.kind === "image" ? spec.source.image : undefined },
        async () => {
          await createInstance(parts, spec, options);
          return await get(spec.name, options);
        },
      ),

    get: (name, options) => translating({ sandbox: name }, () => get(name, options)),

    list: (options) =>
      translating({}, async () => {
        const found: SandboxInfo[] = [];
        for (const instance of await api.instances.list(options)) {
          const info = toSandboxInfo(instance);
          if (info !== undefined) found.push(info);
        }
        return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      }),

    getUsage: (name, options) =>
      translating({ sandbox: name }, async () =>
        toSandboxUsage(await api.instanceState.get(toInstanceName(name), options)),
      ),

    update: (name, change, { ifRevision, signal }) =>
      translating({ sandbox: name }, async () => {
        await applyChange(api, name, change, { ifRevision, signal });
        return await get(name, { signal });
      }),

    start: (name, options) =>
      translating({ sandbox: name }, async () => {
        options.onProgress?.("starting");
        const { status } = await get(name, options);
        // one that is found running may be about to stop
        if (status === "running" && (await hasBooted(api, name, options))) return;
        try {
          await api.instanceState.put(toInstanceName(name), { action: "start" }, options);
        } catch (error) {
          if (!(error instanceof IncusApiError) || !/already running/.test(error.serverMessage)) throw error;
        }
        options.onProgress?.("booting");
        await waitForBoot(api, name, options);
      }),

    stop: (name, options) =>
      translating({ sandbox: name }, async () => {
        options.onProgress?.("stopping");
        parts.spares.close(name);
        parts.sftp.close(name);
        await stopInstance(api, toInstanceName(name), options);
      }),

    destroy: (name, options) =>
      translating({ sandbox: name }, async () => {
        options.onProgress?.("destroying");
        parts.spares.close(name);
        parts.sftp.close(name);
        await removeInstance(api, toInstanceName(name), options);
      }),

    collectAbandoned: (options) => translating({}, () => collectAbandoned(parts, options)),

    watch: (options) => watchInstances(api, options),
  };
}

async function applyChange(
  api: IncusApi,
  name: SandboxName,
  { labels = {}, diskBytes, ...limits }: SandboxChange,
  { ifRevision, signal }: CallOptions & { readonly ifRevision?: string },
): Promise<void> {
  const instanceName = toInstanceName(name);
  const { instance, etag } = await api.instances.get(instanceName, { signal });
  const config: Record<string, string> = fromLimits(limits);
  // an empty value removes a key
  for (const [key, value] of Object.entries(labels)) config[LABEL_PREFIX + key] = value ?? "";
  const root = instance.devices["root"];
  if (diskBytes !== undefined && root === undefined)
    throw new InvalidArgumentError(`sandbox ${JSON.stringify(name)} has no disk of its own to resize`);
  const devices =
    diskBytes === undefined || root === undefined
      ? undefined
      : { root: { ...root, size: String(diskBytes) } };
  if (ifRevision !== undefined && ifRevision !== etag)
    throw new ConflictError(`sandbox ${JSON.stringify(name)} was changed meanwhile`, {
      next: "read it again and decide anew",
      context: { sandbox: name },
    });
  await api.instances.patch(instanceName, { config, devices }, { ifMatch: ifRevision, signal });
}
