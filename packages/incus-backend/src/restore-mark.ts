import { randomUUID } from "node:crypto";
import { SandboxBusyError } from "@pixels/core";
import type { CallOptions, SandboxName } from "@pixels/core";
import { currentOwner, formatOwner, parseBody, poll } from "@pixels/core/backend";
import * as v from "valibot";
import { isNotFound } from "./errors.ts";
import type { InstancesOptions } from "./instances.ts";
import { isOwnerDead } from "./owner-dead.ts";
import { IncusApiError } from "./rest/errors.ts";
import { deviceMap, type Instance, stringMap } from "./rest/schemas.ts";

const CLAIM_TIMEOUT_MS = 10_000;
const PRECONDITION_FAILED = 412;
const PREFIX = "pixels-restore-";
const MARK = "user.pixels.restore";

const markSchema = v.object({
  /** New for each restore. */
  id: v.string(),
  /** Tells the instance from another one of the same name. */
  instanceId: v.string(),
  owner: v.string(),
  begunAt: v.number(),
  settings: v.object({
    config: stringMap,
    devices: deviceMap,
    profiles: v.array(v.string()),
    description: v.string(),
  }),
});

/**
 * Says that a sandbox is being restored, by whom, and what its settings were when that began. It is a profile that no instance uses: unlike
 * the instance's own settings it survives the restore, and unlike a snapshot it needs no room and stands in no storage's way.
 */
export type RestoreMark = v.InferOutput<typeof markSchema> & { readonly sandbox: SandboxName };

type Parts = Pick<InstancesOptions, "api" | "unremoved">;

interface FoundMark {
  readonly mark: RestoreMark;
  readonly etag: string | undefined;
}

/** What tells an instance from a later one of the same name. */
export function toInstanceId({ config, created_at }: Instance): string {
  return config["volatile.uuid"] ?? created_at;
}

/** Marks the sandbox; of several who try one succeeds. A restore that a dead process began is taken over, with the settings that it kept. */
export async function placeMark(
  parts: Parts,
  sandbox: SandboxName,
  instance: Instance,
  options: CallOptions,
): Promise<RestoreMark> {
  const { config, devices, profiles, description } = instance;
  const mark: RestoreMark = {
    sandbox,
    id: randomUUID(),
    instanceId: toInstanceId(instance),
    owner: formatOwner(currentOwner()),
    begunAt: Date.now(),
    settings: { config: withoutVolatile(config), devices, profiles, description },
  };
  return await poll(
    async () => {
      try {
        await parts.api.profiles.create({ name: PREFIX + sandbox, ...toBody(mark) }, options);
        return mark;
      } catch (error) {
        // it may have been placed all the same
        parts.unremoved.add(mark.id);
        options.signal?.throwIfAborted();
        const found = await readMark(parts, sandbox, options);
        if (found === undefined) {
          if (isTaken(error)) return undefined;
          throw error;
        }
        const isSame = found.mark.instanceId === mark.instanceId;
        return await claim(parts, found, isSame ? found.mark.settings : mark.settings, mark, options);
      }
    },
    {
      what: `the mark of a restore of ${JSON.stringify(sandbox)}`,
      timeoutMs: CLAIM_TIMEOUT_MS,
      intervalMs: 20,
      ...options,
    },
  );
}

export interface TakeOverOptions extends CallOptions {
  /** A new limit of the disk, or none, which the mark keeps from then on. */
  readonly diskBytes?: number | null;
}

/** Takes over what a dead process has left of a restore; undefined where there is nothing. A living one is SANDBOX_BUSY. */
export async function takeOverMark(
  parts: Parts,
  sandbox: SandboxName,
  { diskBytes, signal }: TakeOverOptions,
): Promise<RestoreMark | undefined> {
  const found = await readMark(parts, sandbox, { signal });
  if (found === undefined) return undefined;
  const { settings } = found.mark;
  const { root } = settings.devices;
  const devices =
    diskBytes === undefined || root === undefined
      ? settings.devices
      : { ...settings.devices, root: resize(root, diskBytes) };
  const claimed = await claim(parts, found, { ...settings, devices }, found.mark, { signal });
  // somebody else was faster
  if (claimed === undefined) throw busy(sandbox);
  return claimed;
}

function resize(root: Readonly<Record<string, string>>, diskBytes: number | null) {
  const { size: _, ...rest } = root;
  return diskBytes === null ? rest : { ...rest, size: String(diskBytes) };
}

/** The marks of sandboxes that a dead process has left half restored. */
export async function listInterrupted(parts: Parts, options: CallOptions): Promise<readonly RestoreMark[]> {
  const names = (await parts.api.profiles.listNames(options)).filter((name) => name.startsWith(PREFIX));
  const interrupted: RestoreMark[] = [];
  for (const name of names) {
    // nothing but `placeMark` makes these names
    const found = await readMark(parts, name.slice(PREFIX.length) as SandboxName, options);
    if (found !== undefined && isInterrupted(found.mark, parts.unremoved)) interrupted.push(found.mark);
  }
  return interrupted;
}

export async function removeMark(
  { api }: Parts,
  { sandbox }: RestoreMark,
  options: CallOptions,
): Promise<void> {
  try {
    await api.profiles.delete(PREFIX + sandbox, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Undefined where the mark was changed meanwhile. */
async function claim(
  parts: Parts,
  { mark: old, etag }: FoundMark,
  settings: RestoreMark["settings"],
  { instanceId, sandbox }: RestoreMark,
  { signal }: CallOptions,
): Promise<RestoreMark | undefined> {
  if (!isInterrupted(old, parts.unremoved)) throw busy(sandbox);
  const owner = formatOwner(currentOwner());
  const mark = { sandbox, id: randomUUID(), instanceId, owner, begunAt: Date.now(), settings };
  try {
    await parts.api.profiles.put(PREFIX + sandbox, toBody(mark), { ifMatch: etag, signal });
    return mark;
  } catch (error) {
    parts.unremoved.add(mark.id);
    const lost = error instanceof IncusApiError && error.status === PRECONDITION_FAILED;
    if (lost || isNotFound(error)) return undefined;
    throw error;
  }
}

async function readMark(
  { api }: Parts,
  sandbox: SandboxName,
  options: CallOptions,
): Promise<FoundMark | undefined> {
  try {
    const { config, etag } = await api.profiles.get(PREFIX + sandbox, options);
    const value: unknown = JSON.parse(config[MARK] ?? "null");
    return {
      mark: { ...parseBody(markSchema, value, `the mark of a restore of ${sandbox}`), sandbox },
      etag,
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** `givenUp`: restores that this process could not finish. */
function isInterrupted({ id, owner, begunAt }: RestoreMark, givenUp: ReadonlySet<string>): boolean {
  if (givenUp.has(id)) return true;
  return isOwnerDead(owner, begunAt);
}

function isTaken(error: unknown): boolean {
  return error instanceof IncusApiError && /already exists/.test(error.serverMessage);
}

function toBody({ sandbox: _sandbox, ...mark }: RestoreMark) {
  return { config: { [MARK]: JSON.stringify(mark) }, devices: {} };
}

/** `volatile.…` is the server's own. */
function withoutVolatile(config: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith("volatile.")));
}

function busy(sandbox: SandboxName): SandboxBusyError {
  return new SandboxBusyError(`sandbox ${JSON.stringify(sandbox)} is being restored`, {
    next: "try again when that is done",
    context: { sandbox },
  });
}
