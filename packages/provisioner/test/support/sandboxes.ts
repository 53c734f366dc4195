import {
  createSandboxClient,
  type CreateSandboxRequest,
  expectSuccess,
  type OwnedSandbox,
  type Sandbox,
  type SandboxClient,
  type SandboxPreparer,
  shell,
} from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { inject, onTestFinished } from "vitest";
import { createPreparer, type CreatePreparerOptions, readProvisioning } from "../../src/index.ts";

export const image = { kind: "image", image: "debian/12" } as const;

/** A client that prepares sandboxes like that, for as long as the test runs; of the developer tools only where they are asked for. */
export function openClient(
  options: CreatePreparerOptions = {},
  change: (prepare: SandboxPreparer) => SandboxPreparer = (prepare) => prepare,
): SandboxClient {
  const prepare = change(createPreparer({ devtools: false, ...options }));
  const client = createSandboxClient({
    backend: incusBackend({ socket: inject("incusSocket"), imageServer: "none" }),
    prepare,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

/** A sandbox for as long as the test runs. */
export async function createFor(
  client: SandboxClient,
  name: string,
  request: Partial<CreateSandboxRequest> = {},
): Promise<OwnedSandbox> {
  const sandbox = await client.create({ name, source: image, ...request });
  // clients are disposed after this, as what is registered last is called first
  onTestFinished(() => sandbox.destroy());
  return sandbox;
}

/** What the script prints, as root. */
export async function run(sandbox: Sandbox, script: string): Promise<string> {
  return expectSuccess(await sandbox.exec(shell(script), { root: true })).stdout;
}

/** What the script prints, as the account that commands run as. */
export async function runAs(sandbox: Sandbox, script: string): Promise<string> {
  return expectSuccess(await sandbox.exec(shell(script))).stdout;
}

/** The states of the steps by their ids. */
export async function readStates(sandbox: Sandbox): Promise<Readonly<Record<string, string>>> {
  const provisioning = await readProvisioning(sandbox);
  return Object.fromEntries((provisioning?.steps ?? []).map(({ id, state }) => [id, state]));
}
