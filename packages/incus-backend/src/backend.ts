import {
  type BackendCapabilities,
  type SandboxBackend,
  unsupportedEgress,
  unsupportedFiles,
  unsupportedSnapshots,
} from "@pixels/core/backend";
import { findSocket } from "./connect.ts";
import { createBackendExec } from "./exec.ts";
import { createBackendInstances } from "./instances.ts";
import { createAddressBook } from "./network.ts";
import { createOrphans } from "./orphans.ts";
import type { IncusBackendOptions } from "./options.ts";
import { openIncusApi } from "./rest/api.ts";
import { createSpareLaunchers } from "./spare-launchers.ts";

const ID = "incus";
const DEFAULT_SPARE_LAUNCHERS = 2;

const capabilities: BackendCapabilities = {
  files: false,
  snapshots: false,
  clone: false,
  restoreAny: false,
  terminal: false,
  diskQuota: true,
  cpuSet: true,
  egress: "none",
  compareAndSet: true,
  events: true,
};

/**
 * Sandboxes as Incus system containers over the daemon's unix socket. The socket is looked for at the first call, which rejects with
 * BACKEND_UNAVAILABLE or BACKEND_UNAUTHORIZED where none can be used.
 */
export function incusBackend(options: IncusBackendOptions = {}): SandboxBackend {
  const api = openIncusApi({ socketPath: () => findSocket(options) });
  const addressBook = createAddressBook(api, options);
  const orphans = createOrphans(api);
  const spares = createSpareLaunchers(
    { api, orphans },
    { size: options.spareLaunchers ?? DEFAULT_SPARE_LAUNCHERS },
  );
  return {
    id: ID,
    capabilities,
    instances: createBackendInstances({ api, addressBook, backend: options, spares, unremoved: new Set() }),
    exec: createBackendExec({ api, orphans }, spares),
    files: unsupportedFiles(ID),
    snapshots: unsupportedSnapshots(ID),
    egress: unsupportedEgress(ID),
    async [Symbol.asyncDispose]() {
      await spares[Symbol.asyncDispose]();
      await orphans[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}
