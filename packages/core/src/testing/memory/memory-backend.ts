import type { BackendCapabilities, SandboxBackend } from "../../backend/backend.ts";
import {
  unsupported,
  unsupportedEgress,
  unsupportedFiles,
  unsupportedJobs,
  unsupportedSnapshots,
} from "../../backend/unsupported.ts";
import { AccountNotFoundError } from "../../errors.ts";
import { MemoryInstances } from "./memory-instances.ts";

const ID = "memory";

/** What the memory backend can do. */
export const memoryCapabilities: BackendCapabilities = {
  files: false,
  snapshots: false,
  clone: false,
  restoreAny: false,
  terminal: false,
  jobs: false,
  diskQuota: false,
  cpuSet: true,
  egress: "none",
  compareAndSet: true,
  events: false,
};

export interface MemoryBackendOptions {
  /** The images that `create` accepts; all are this machine's own file system. Default: "test/image". */
  readonly images?: readonly string[];
}

/**
 * The reference backend, for tests of what is built on core: records in memory, commands as real processes of this machine in Linux
 * namespaces of their own. It is no isolation: a sandbox has processes, /tmp and home of its own, and everything else of the machine
 * as it is; limits and labels are recorded only, and its address leads nowhere. A command has process numbers of its own: those that
 * another command printed mean nothing to it. Needs `unshare`, `nsenter` and `mount` (util-linux), and rejects with
 * BACKEND_MISCONFIGURED at the first `create` without. Disposing it ends all processes and removes all files.
 */
export function memoryBackend({ images = ["test/image"] }: MemoryBackendOptions = {}): SandboxBackend {
  const instances = new MemoryInstances(images);
  return {
    id: ID,
    capabilities: memoryCapabilities,
    instances,
    exec: {
      async open(name, spec, options) {
        if (spec.terminal !== undefined) throw unsupported(ID, "give a command a terminal");
        const sandbox = instances.find(name);
        const account = spec.account ?? sandbox.describe().account;
        if (account !== "root")
          throw new AccountNotFoundError(`the sandbox has no account ${JSON.stringify(account)}`, {
            next: "run the command as root",
          });
        return await sandbox.open(spec, options);
      },
    },
    jobs: unsupportedJobs(ID),
    files: unsupportedFiles(ID),
    snapshots: unsupportedSnapshots(ID),
    egress: unsupportedEgress(ID),
    async [Symbol.asyncDispose]() {
      await instances[Symbol.asyncDispose]();
    },
  };
}
