import type { CallOptions, CreateSandboxRequest, Sandbox, SandboxName, SandboxPreparer } from "@pixels/core";
import { INSTANCE_PREFIX } from "@pixels/core/backend";
import { DEVTOOLS_SCRIPT, formatDevtools } from "./devtools/script.ts";
import { giveIdentity } from "./identity.ts";
import { writeOwnFiles } from "./own-files.ts";
import { provisionSandbox } from "./provision-sandbox.ts";
import type { Provisioning, ProvisionStep } from "./provisioning.ts";
import { FOLDER, formatRecord, readRecord, RECORD } from "./record.ts";
import { addEnvironment, type PreparerOptions, type Settings, toSettings } from "./settings.ts";
import { ACCOUNT } from "./setup-steps.ts";
import { inheritSteps, mergeSteps, planSteps } from "./steps.ts";
import { makeFolder, ROOT } from "./write-file.ts";

export interface CreatePreparerOptions extends PreparerOptions {
  /** Called for each sandbox, before `create` resolves, with what became of the steps; those of the tools are still to come. */
  readonly onProvisioned?: (sandbox: SandboxName, provisioning: Provisioning) => void;
}

const identity: ProvisionStep = {
  id: "identity",
  title: "host name, machine-id and SSH host keys",
  kind: "setup",
  state: "done",
};

/**
 * What `createSandboxClient({ prepare })` is given: an identity for every new sandbox, an account and all that belongs to it for one from an
 * image, and the caller's keys, variables, name servers and CAs for each. Nothing of it needs a program on this machine. Throws
 * INVALID_ARGUMENT for options that cannot be, never with a variable's value in it.
 */
export function createPreparer(options: CreatePreparerOptions = {}): SandboxPreparer {
  const { onProvisioned } = options;
  const general = toSettings(options);
  /** What `identify` has begun, for `provision` to go on with. */
  const begun = new WeakMap<CreateSandboxRequest, readonly ProvisionStep[]>();
  return {
    async check({ env }) {
      addEnvironment(general, env);
    },

    async identify(sandbox, request, { signal }) {
      const hostname = INSTANCE_PREFIX + sandbox.name;
      if (request.provision === false) {
        await giveIdentity(sandbox.files, { hostname }, { signal });
        return;
      }
      const settings = addEnvironment(general, request.env);
      const fromImage = request.source.kind === "image";
      const steps = await writeBeforeStart(sandbox, { settings, fromImage, hostname }, { signal });
      if (fromImage) begun.set(request, steps);
      else onProvisioned?.(sandbox.name, { steps });
    },

    async provision(sandbox, request, { signal, onProgress }) {
      const settings = addEnvironment(general, request.env);
      const before = begun.get(request) ?? planSteps(settings);
      const steps = await provisionSandbox(sandbox, { settings, before, signal, onProgress });
      onProvisioned?.(sandbox.name, { steps });
      const made = steps.some(({ id, state }) => id === "account" && state === "done");
      return made ? { account: ACCOUNT } : {};
    },
  };
}

interface FirstFiles {
  readonly settings: Settings;
  readonly fromImage: boolean;
  readonly hostname: string;
}

/** All that is written while the sandbox is stopped; gives its steps as they are then. */
async function writeBeforeStart(
  { files }: Sandbox,
  { settings, fromImage, hostname }: FirstFiles,
  { signal }: CallOptions,
): Promise<readonly ProvisionStep[]> {
  await makeFolder(files, FOLDER, { mode: 0o700, signal });
  const record = fromImage ? undefined : await readRecord(files, { signal });
  const before = fromImage ? planSteps(settings) : inheritSteps(record?.steps ?? []);
  const asRoot = { owner: ROOT, signal };
  const [own] = await Promise.all([
    writeOwnFiles(files, settings, { fromImage, signal }),
    giveIdentity(files, { hostname }, { signal }),
    fromImage && settings.devtools
      ? files.write(DEVTOOLS_SCRIPT, formatDevtools(settings), { mode: 0o700, ...asRoot })
      : undefined,
  ]);
  const steps = mergeSteps(before, [identity, ...own]);
  await files.write(RECORD, formatRecord({ steps }), { mode: 0o600, ...asRoot });
  return steps;
}
