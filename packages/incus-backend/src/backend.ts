import { type BackendCapabilities, type SandboxBackend, unsupportedEgress } from "@pixels/core/backend";
import { openApi } from "./connect.ts";
import { createBackendExec } from "./exec.ts";
import { createBackendFiles } from "./files.ts";
import { createBackendJobs } from "./jobs.ts";
import { createBackendInstances } from "./instances.ts";
import { createAddressBook } from "./network.ts";
import { createOrphans } from "./orphans.ts";
import type { IncusBackendOptions } from "./options.ts";
import { createBackendSnapshots } from "./snapshots.ts";
import { createSftpSessions } from "./sftp/sessions.ts";
import { createSpareLaunchers } from "./spare-launchers.ts";

const ID = "incus";
const DEFAULT_SPARE_LAUNCHERS = 2;

const capabilities: BackendCapabilities = {
  files: true,
  snapshots: true,
  clone: true,
  // on a zfs pool an older one is refused when it is asked for: the pool is not known before the first request
  restoreAny: true,
  terminal: true,
  jobs: true,
  diskQuota: true,
  cpuSet: true,
  egress: "none",
  compareAndSet: true,
  events: true,
};

/**
 * Sandboxes as Incus system containers, over the daemon's unix socket or TLS. Throws INVALID_ARGUMENT for options that cannot go together. The socket,
 * or the files of the certificates, are looked for at the first call, which rejects with BACKEND_UNAVAILABLE, BACKEND_UNAUTHORIZED or
 * BACKEND_MISCONFIGURED where they cannot be used.
 */
export function incusBackend(options: IncusBackendOptions = {}): SandboxBackend {
  const api = openApi(options);
  const addressBook = createAddressBook(api, options);
  const orphans = createOrphans(api);
  const spares = createSpareLaunchers(
    { api, orphans },
    { size: options.spareLaunchers ?? DEFAULT_SPARE_LAUNCHERS },
  );
  const sftp = createSftpSessions(api);
  const parts = { api, addressBook, backend: options, spares, sftp, unremoved: new Set<string>() };
  return {
    id: ID,
    capabilities,
    instances: createBackendInstances(parts),
    exec: createBackendExec({ api, orphans }, spares),
    jobs: createBackendJobs({ api, orphans }, spares),
    files: createBackendFiles(api, sftp),
    snapshots: createBackendSnapshots(parts),
    egress: unsupportedEgress(ID),
    async [Symbol.asyncDispose]() {
      await spares[Symbol.asyncDispose]();
      await sftp[Symbol.asyncDispose]();
      await orphans[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}
