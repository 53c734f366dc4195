import { randomUUID } from "node:crypto";
import type { SandboxName } from "@pixels/core";
import { ExecChannel } from "./exec-channel.ts";
import type { ExecParts } from "./exec-parts.ts";
import type { LaunchForm } from "./launch-form.ts";

/** They are closed this long after the last command: a daemon that is shutting down waits for them, and gives no sign of it. */
const IDLE_MS = 15_000;

/** What a launcher can become is settled when it is opened. */
export interface LauncherKind {
  readonly account: string | undefined;
  readonly form: LaunchForm;
}

/** Launchers that wait in sandboxes that have just run a command, so that the next one starts without a new exec. */
export interface SpareLaunchers extends AsyncDisposable {
  /** One that waits and is alive; the caller's from then on. */
  take(name: SandboxName, kind: LauncherKind): ExecChannel | undefined;
  /** Has as many waiting as there are to be, for a while. Does not wait for them. */
  refill(name: SandboxName, kind: LauncherKind): void;
  /** Closes those of a sandbox, as before it is stopped. */
  close(name: SandboxName): void;
}

/** `size` launchers a sandbox and kind; 0 keeps none. */
export function createSpareLaunchers(parts: ExecParts, { size }: { readonly size: number }): SpareLaunchers {
  const shelves = new Map<SandboxName, Map<string, Shelf>>();
  let disposed = false;

  function getShelf(name: SandboxName, kind: LauncherKind): Shelf {
    const ofSandbox = shelves.get(name) ?? new Map<string, Shelf>();
    shelves.set(name, ofSandbox);
    const key = toKey(kind);
    const shelf = ofSandbox.get(key) ?? { spares: [], opening: 0, generation: 0, timer: undefined };
    ofSandbox.set(key, shelf);
    return shelf;
  }

  async function add(shelf: Shelf, name: SandboxName, kind: LauncherKind): Promise<void> {
    const { generation } = shelf;
    shelf.opening++;
    try {
      const spare = await ExecChannel.open(parts, { name, id: randomUUID(), ...kind });
      spare.setReferenced(false);
      if (disposed || generation !== shelf.generation) await spare[Symbol.asyncDispose]();
      else shelf.spares.push(spare);
    } catch {
      // the next command opens its own launcher, and tells what is wrong
    } finally {
      shelf.opening--;
    }
  }

  function empty(shelf: Shelf): void {
    clearTimeout(shelf.timer);
    shelf.generation++;
    for (const spare of shelf.spares.splice(0)) void spare[Symbol.asyncDispose]();
  }

  return {
    take(name, kind) {
      const spares = shelves.get(name)?.get(toKey(kind))?.spares ?? [];
      for (let spare = spares.shift(); spare !== undefined; spare = spares.shift()) {
        if (!spare.alive) continue;
        spare.setReferenced(true);
        return spare;
      }
      return undefined;
    },

    refill(name, kind) {
      if (size === 0 || disposed) return;
      const shelf = getShelf(name, kind);
      clearTimeout(shelf.timer);
      shelf.timer = setTimeout(() => empty(shelf), IDLE_MS).unref();
      shelf.spares = shelf.spares.filter((spare) => spare.alive);
      for (let missing = size - shelf.spares.length - shelf.opening; missing > 0; missing--)
        void add(shelf, name, kind);
    },

    close(name) {
      for (const shelf of shelves.get(name)?.values() ?? []) empty(shelf);
      shelves.delete(name);
    },

    async [Symbol.asyncDispose]() {
      disposed = true;
      for (const name of shelves.keys()) this.close(name);
    },
  };
}

function toKey({ account = "", form }: LauncherKind): string {
  return `${form.kind} ${account}`;
}

interface Shelf {
  spares: ExecChannel[];
  /** How many are on their way. */
  opening: number;
  /** Changes when the shelf is emptied: what was on its way then is not wanted any more. */
  generation: number;
  timer: NodeJS.Timeout | undefined;
}
