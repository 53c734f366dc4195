import { ConflictError, InvalidArgumentError } from "@pixels/core";
import type { CallOptions, SandboxChange, SandboxInfo, SandboxName } from "@pixels/core";
import { type BackendInstances, type InstanceSource, toInstanceName } from "@pixels/core/backend";
import { collectAbandoned, listAbandoned } from "./abandoned.ts";
import { hasBooted } from "./boot.ts";
import { LABEL_PREFIX } from "./config-keys.ts";
import { createInstance } from "./create-instance.ts";
import { checkShrink } from "./disk-shrink.ts";
import { type FailureContext, translating } from "./errors.ts";
import { getSandbox } from "./get-sandbox.ts";
import type { AddressBook } from "./network.ts";
import type { IncusBackendOptions } from "./options.ts";
import { removeInstance, stopInstance } from "./remove-instance.ts";
import type { IncusApi } from "./rest/api.ts";
import type { Instance } from "./rest/schemas.ts";
import { finishInterrupted } from "./restore.ts";
import type { SftpSessions } from "./sftp/sessions.ts";
import type { SpareLaunchers } from "./spare-launchers.ts";
import { startInstance } from "./start-instance.ts";
import { fromLimits, parseIncusSize, toSandboxInfo, toSandboxUsage } from "./translate.ts";
import { watchInstances } from "./watch.ts";

export interface InstancesOptions {
  readonly api: IncusApi;
  readonly addressBook: AddressBook;
  readonly backend: IncusBackendOptions;
  readonly spares: SpareLaunchers;
  readonly sftp: SftpSessions;
  /** Ids of instances that a failed create of this process could not remove, and of restores that it could not finish. */
  readonly unremoved: Set<string>;
}

/** Sandboxes as Incus instances. */
export function createBackendInstances(parts: InstancesOptions): BackendInstances {
  const { api } = parts;

  return {
    create: (spec, options) =>
      translating({ sandbox: spec.name, ...describeSource(spec.source) }, () =>
        createInstance(parts, spec, options),
      ),

    get: (name, options) => translating({ sandbox: name }, () => getSandbox(api, name, options)),

    list: (options) =>
      translating({}, async () => {
        const found: SandboxInfo[] = [];
        const instances = await api.instances.list(options);
        // of a project that is not there the server lists nothing, and says no more (Incus 6.0.4)
        const { project } = parts.backend;
        if (instances.length === 0 && project !== undefined) await api.projects.check(project, options);
        for (const instance of instances) {
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
        await finishInterrupted(parts, name, { diskBytes: change.diskBytes, signal });
        await applyChange(parts, name, change, { ifRevision, signal });
        return await getSandbox(api, name, { signal });
      }),

    start: (name, options) =>
      translating({ sandbox: name }, async () => {
        const [{ status }] = await Promise.all([
          getSandbox(api, name, options),
          finishInterrupted(parts, name, { signal: options.signal }),
        ]);
        // one that is found running may be about to stop
        if (status === "running" && (await hasBooted(api, name, options))) return;
        await startInstance(parts, name, { ...options, frozen: status === "frozen" });
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

    listAbandoned: (options) => translating({}, () => listAbandoned(parts, options)),

    collectAbandoned: (options) => translating({}, () => collectAbandoned(parts, options)),

    watch: (options) => watchInstances(api, options),
  };
}

/** What a failed create was about, besides the new sandbox. */
function describeSource(source: InstanceSource): FailureContext {
  switch (source.kind) {
    case "image":
      return { image: source.image };
    case "snapshot":
      return { source: source.sandbox, snapshot: source.snapshot };
    case "sandbox":
      return { source: source.sandbox };
  }
}

async function applyChange(
  parts: InstancesOptions,
  name: SandboxName,
  { labels = {}, diskBytes, ...limits }: SandboxChange,
  { ifRevision, signal }: CallOptions & { readonly ifRevision?: string },
): Promise<void> {
  const { api } = parts;
  const instanceName = toInstanceName(name);
  const { instance, etag } = await api.instances.get(instanceName, { signal });
  if (ifRevision !== undefined && ifRevision !== etag)
    throw new ConflictError(`sandbox ${JSON.stringify(name)} was changed meanwhile`, {
      next: "read it again and decide anew",
      context: { sandbox: name },
    });
  const config: Record<string, string> = fromLimits(limits);
  // an empty value removes a key
  for (const [key, value] of Object.entries(labels)) config[LABEL_PREFIX + key] = value ?? "";
  const root = diskBytes === undefined ? undefined : resizeDisk(instance, name, diskBytes);
  if (root !== undefined && typeof diskBytes === "number" && diskBytes < toDiskLimit(instance))
    await checkShrink(parts, name, { root, diskBytes }, { signal });
  const devices = root === undefined ? undefined : { root };
  await api.instances.patch(instanceName, { config, devices }, { ifMatch: ifRevision, signal });
}

/** The root device with another size, or without one. A device is replaced whole. */
function resizeDisk(
  { devices }: Instance,
  name: SandboxName,
  diskBytes: number | null,
): Readonly<Record<string, string>> {
  const { root } = devices;
  if (root === undefined)
    throw new InvalidArgumentError(`sandbox ${JSON.stringify(name)} has no disk of its own to resize`);
  const { size: _, ...rest } = root;
  return diskBytes === null ? rest : { ...rest, size: String(diskBytes) };
}

function toDiskLimit({ devices }: Instance): number {
  return parseIncusSize(devices["root"]?.["size"]) ?? Infinity;
}
