import {
  createSandboxClient,
  type OwnedSandbox,
  type SandboxClient,
  type SandboxClientOptions,
} from "@pixels/core";
import { incusBackend, type IncusBackendOptions } from "@pixels/incus-backend";
import type { Stage } from "./row.ts";

/** A client of the library over the stage's daemon. */
export function openClient(
  { testbed }: Pick<Stage, "testbed">,
  {
    prepare,
    ...options
  }: Pick<IncusBackendOptions, "spareLaunchers"> & Pick<SandboxClientOptions, "prepare"> = {},
): SandboxClient {
  return createSandboxClient({ backend: incusBackend({ socket: testbed.socketPath, ...options }), prepare });
}

/** A running sandbox for a row to work in. Disposing removes it and closes the client. */
export interface StageSandbox extends AsyncDisposable {
  readonly sandbox: OwnedSandbox;
  /** Its name on the server. */
  readonly instance: string;
}

export async function openSandbox(
  stage: Stage,
  name: string,
  options: Pick<IncusBackendOptions, "spareLaunchers"> = {},
): Promise<StageSandbox> {
  const client = openClient(stage, options);
  try {
    const source = { kind: "image", image: stage.image } as const;
    const sandbox = await client.create({ name, source }, { signal: stage.signal });
    return {
      sandbox,
      instance: toInstance(name),
      async [Symbol.asyncDispose]() {
        await sandbox[Symbol.asyncDispose]();
        await client[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
}

/** The name on the server of a sandbox with this name. */
export function toInstance(name: string): string {
  return `px-${name}`;
}
