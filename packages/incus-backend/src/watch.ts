import { setTimeout as sleep } from "node:timers/promises";
import type { CallOptions, SandboxName, SandboxStatus } from "@pixels/core";
import { fromInstanceName, type InstanceEvent } from "@pixels/core/backend";
import { translateError } from "./errors.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError, IncusConnectionError } from "./rest/errors.ts";
import type { IncusEvent } from "./rest/events.ts";
import { toSandboxInfo } from "./translate.ts";

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5000;

/** What was last known of a sandbox. The id is missing while only an event has told of it. */
interface Known {
  readonly id?: string;
  readonly status: SandboxStatus;
}

/**
 * Changes as the daemon tells them. When the connection is cut it is made again, and what happened in between is told from the difference
 * of two lists. Only the first connection may fail.
 */
export async function* watchInstances(api: IncusApi, { signal }: CallOptions): AsyncGenerator<InstanceEvent> {
  let known: Map<SandboxName, Known> | undefined;
  let retryMs = FIRST_RETRY_MS;
  for (;;) {
    try {
      using events = await api.events.open("lifecycle", { signal });
      const current = await readCurrent(api, { signal });
      if (known === undefined) yield { kind: "watching" };
      else yield* compare(known, current);
      known = current;
      retryMs = FIRST_RETRY_MS;
      for await (const event of events) {
        const change = toInstanceEvent(event);
        if (change === undefined) continue;
        remember(known, change);
        yield change;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (known === undefined || !isOutage(error)) throw translateError(error);
    }
    signal?.throwIfAborted();
    await sleep(retryMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
  }
}

/** A daemon that restarts refuses connections first, and requests a while longer. */
function isOutage(error: unknown): boolean {
  return error instanceof IncusConnectionError || (error instanceof IncusApiError && error.status >= 500);
}

async function readCurrent(api: IncusApi, options: CallOptions): Promise<Map<SandboxName, Known>> {
  const current = new Map<SandboxName, Known>();
  for (const instance of await api.instances.list(options)) {
    const info = toSandboxInfo(instance);
    if (info !== undefined) current.set(info.name, { id: info.id, status: info.status });
  }
  return current;
}

/** Incus: doc/events.md, lifecycle actions. */
const kinds: Readonly<Record<string, Change["kind"]>> = {
  "instance-created": "created",
  "instance-started": "started",
  "instance-restarted": "started",
  "instance-stopped": "stopped",
  "instance-shutdown": "stopped",
  "instance-updated": "updated",
  "instance-paused": "updated",
  "instance-resumed": "updated",
  "instance-restored": "updated",
  "instance-deleted": "deleted",
};

type Change = Exclude<InstanceEvent, { kind: "watching" }>;

function toInstanceEvent({ metadata }: IncusEvent): Change | undefined {
  const kind = kinds[metadata.action ?? ""];
  const instance = /^\/1\.0\/instances\/([^/?]+)/.exec(metadata.source ?? "")?.[1];
  const name = instance === undefined ? undefined : fromInstanceName(instance);
  return kind === undefined || name === undefined ? undefined : { kind, name };
}

function remember(known: Map<SandboxName, Known>, { kind, name }: Change): void {
  const before = known.get(name);
  switch (kind) {
    case "deleted":
      known.delete(name);
      break;
    case "created":
      known.set(name, { status: "stopped" });
      break;
    case "started":
      known.set(name, { id: before?.id, status: "running" });
      break;
    case "stopped":
      known.set(name, { id: before?.id, status: "stopped" });
      break;
    case "updated":
      break;
  }
}

function* compare(
  before: ReadonlyMap<SandboxName, Known>,
  after: ReadonlyMap<SandboxName, Known>,
): Generator<Change> {
  for (const [name, { id }] of before) {
    const now = after.get(name);
    if (now === undefined || (id !== undefined && now.id !== id)) yield { kind: "deleted", name };
  }
  for (const [name, { id, status }] of after) {
    const then = before.get(name);
    const isNew = then === undefined || (then.id !== undefined && then.id !== id);
    if (isNew) yield { kind: "created", name };
    const was = isNew ? "stopped" : then.status;
    if (status === was) continue;
    if (status === "running") yield { kind: "started", name };
    else yield { kind: status === "stopped" ? "stopped" : "updated", name };
  }
}
