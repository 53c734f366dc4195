import { randomUUID } from "node:crypto";
import { SandboxAlreadyExistsError } from "@pixels/core";
import type { CallOptions, SandboxInfo, SandboxName, WaitOptions } from "@pixels/core";
import {
  abortable,
  currentOwner,
  formatOwner,
  type InstanceSpec,
  poll,
  toInstanceName,
} from "@pixels/core/backend";
import { collectAbandoned, isAbandoned, removeAbandoned, removeIfSame } from "./abandoned.ts";
import { waitForBoot } from "./boot.ts";
import { configKeys, LABEL_PREFIX, NIC } from "./config-keys.ts";
import { isNotFound } from "./errors.ts";
import { getSandbox } from "./get-sandbox.ts";
import type { InstancesOptions } from "./instances.ts";
import type { ReservedAddress } from "./network.ts";
import { planSource } from "./instance-source.ts";
import { pullImage } from "./pull-image.ts";
import { isBusy } from "./remove-instance.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError } from "./rest/errors.ts";
import type { Instance } from "./rest/schemas.ts";
import { fromLimits } from "./translate.ts";

/** Removing what was half made goes on after the caller has aborted, but not for ever. */
const CLEAN_UP_TIMEOUT_MS = 60_000;
/** Two processes may choose one address; the one that starts later chooses again. */
const MAX_ADDRESS_ATTEMPTS = 5;

/** Creates, starts and waits for the boot; the instance carries its owner until all of that is done. Failed or aborted it leaves nothing. */
export async function createInstance(
  parts: InstancesOptions,
  spec: InstanceSpec,
  options: WaitOptions,
): Promise<SandboxInfo> {
  const { api, addressBook } = parts;
  const { signal, onProgress } = options;
  const instance = toInstanceName(spec.name);
  const id = randomUUID();
  onProgress?.("creating");
  const reserving = addressBook.reserve({ signal });
  const preparing = Promise.all([
    planSource(parts, spec, { signal }),
    makeRoom(parts, spec.name, { signal }),
  ]).catch((error: unknown) => {
    void reserving.then((unused) => unused[Symbol.dispose]()).catch(() => {});
    throw error;
  });
  const [address, [plan]] = await Promise.all([reserving, preparing]);
  using reserved = address;
  if (plan.missingImage !== undefined) await pullImage(parts, plan.missingImage, { signal, onProgress });
  try {
    await claimName(
      spec.name,
      api.instances.create({
        name: instance,
        source: plan.source,
        config: { ...plan.config, ...toConfig(spec, id) },
        devices: { ...plan.devices, [NIC]: reserved.device },
        profiles: [],
      }),
      { signal },
    );
    if (spec.identify !== undefined) {
      onProgress?.("identifying");
      try {
        await spec.identify({ signal });
      } finally {
        await parts.sftp.finish(spec.name);
      }
    }
    onProgress?.("starting");
    await startWithAddress(parts, instance, reserved, { signal });
    onProgress?.("booting");
    await waitForBoot(api, spec.name, { signal });
    const account = await provision(spec, options);
    const done = { [configKeys.state]: "", [configKeys.owner]: "" };
    const config = account === undefined ? done : { ...done, [configKeys.account]: account };
    await api.instances.patch(instance, { config }, { signal });
    // those that the provisioning has left would run commands as the account of before
    if (account !== undefined) parts.spares.close(spec.name);
    return await getSandbox(api, spec.name, { signal });
  } catch (error) {
    await cleanUp(parts, instance, id);
    throw error;
  }
}

/** The account that commands are to run as, where the provisioning gave one. */
async function provision(
  spec: InstanceSpec,
  { signal, onProgress }: WaitOptions,
): Promise<string | undefined> {
  if (spec.provision === undefined) return undefined;
  onProgress?.("provisioning");
  const { account } = await spec.provision({ signal });
  return account;
}

/** What cannot be removed now, as when the daemon is gone, is removed with the abandoned ones later: the call's own error is told. */
async function cleanUp({ api, unremoved }: InstancesOptions, instance: string, id: string): Promise<void> {
  unremoved.add(id);
  try {
    await removeIfSame(api, instance, id, { signal: AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS) });
    unremoved.delete(id);
  } catch {}
}

/**
 * While another create holds the name, the server calls it busy rather than taken. An abort waits until the server is done with what it has
 * begun, as it can be removed only then, but not for ever.
 */
async function claimName(name: SandboxName, creating: Promise<void>, { signal }: CallOptions): Promise<void> {
  try {
    await abortable(creating, signal);
  } catch (error) {
    if (isBusy(error)) throw nameTaken(name, error);
    if (signal?.aborted)
      await abortable(creating, AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS)).catch(() => undefined);
    throw error;
  }
}

function nameTaken(name: SandboxName, cause?: unknown): SandboxAlreadyExistsError {
  return new SandboxAlreadyExistsError(`there is a sandbox named ${JSON.stringify(name)} already`, {
    next: "choose another name, or destroy that one first",
    context: { sandbox: name },
    cause,
  });
}

/** The name is free, or made free where a dead process left it half made. */
async function makeRoom(parts: InstancesOptions, name: SandboxName, options: CallOptions): Promise<void> {
  const { api, unremoved } = parts;
  const isHolder = (instance: Instance): boolean => instance.name === toInstanceName(name);
  const instances = await api.instances.list(options);
  const abandoned = instances.filter((instance) => isAbandoned(instance, unremoved));
  // the others are nothing to wait for, and no reason to fail
  if (abandoned.length > 0 && !(abandoned.length === 1 && abandoned.some(isHolder)))
    collectAbandoned(parts, { signal: AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS) }).catch(() => {});
  const holder = instances.find(isHolder);
  if (holder === undefined) return;
  if (abandoned.includes(holder)) {
    if (await removeAbandoned(parts, holder.name, options)) return;
  } else if (holder.config[configKeys.state] !== "removing") throw nameTaken(name);
  await waitUntilGone(api, holder.name, options);
}

/** Somebody else is removing it. */
async function waitUntilGone(api: IncusApi, instance: string, { signal }: CallOptions): Promise<void> {
  await poll(
    async () => {
      try {
        await api.instances.get(instance, { signal });
        return undefined;
      } catch (error) {
        if (isNotFound(error)) return true;
        throw error;
      }
    },
    { what: `the old ${instance} to be removed`, timeoutMs: CLEAN_UP_TIMEOUT_MS, intervalMs: 50, signal },
  );
}

function toConfig(spec: InstanceSpec, id: string): Record<string, string> {
  const config: Record<string, string> = {
    ...fromLimits(spec),
    "security.idmap.isolated": "true",
    "security.guestapi": "false",
    "security.nesting": String(spec.nesting),
    [configKeys.id]: id,
    [configKeys.state]: "creating",
    [configKeys.owner]: formatOwner(currentOwner()),
  };
  if (spec.account !== undefined) config[configKeys.account] = spec.account;
  for (const [key, value] of Object.entries(spec.labels)) config[LABEL_PREFIX + key] = value;
  return config;
}

async function startWithAddress(
  { api, addressBook }: InstancesOptions,
  instance: string,
  first: ReservedAddress,
  options: CallOptions,
): Promise<void> {
  let attempts = 0;
  await poll(
    async () => {
      try {
        await api.instanceState.put(instance, { action: "start" }, options);
        return true;
      } catch (error) {
        // another create of this name, which is about to find it taken
        if (isBusy(error)) return undefined;
        attempts++;
        if (attempts >= MAX_ADDRESS_ATTEMPTS || !isAddressTaken(error)) throw error;
      }
      using other = await addressBook.reserve(options);
      await api.instances.patch(instance, { devices: { [NIC]: other.device } }, options);
      return undefined;
    },
    {
      what: `${instance} to start, at ${first.address} or another address`,
      timeoutMs: CLEAN_UP_TIMEOUT_MS,
      intervalMs: 10,
      ...options,
    },
  );
}

function isAddressTaken(error: unknown): boolean {
  return (
    error instanceof IncusApiError &&
    /already defined on another NIC|already in use|already allocated/.test(error.serverMessage)
  );
}
