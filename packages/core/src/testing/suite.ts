import { randomBytes } from "node:crypto";
import type { SandboxBackend } from "../backend/backend.ts";
import { createSandboxClient, type SandboxClient } from "../client.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** One run of the suite on one backend: what the scenarios share, and what they have made. */
export interface Suite {
  readonly backend: SandboxBackend;
  /** Runs a scenario and destroys what it made, whether it kept its promise or not. */
  run(scenario: Scenario): Promise<void>;
  /** Destroys what all share; gives the names of what the suite has made and left, having destroyed those too. */
  close(): Promise<readonly string[]>;
}

export async function openSuite(open: () => Promise<SandboxBackend>, image: string): Promise<Suite> {
  const backend = await open();
  const client = createSandboxClient({ backend });
  const prefix = `t-${randomBytes(4).toString("hex")}`;
  let made = 0;
  const newName = (): string => `${prefix}-${made++}`;
  const source = { kind: "image", image } as const;
  let sandbox: Sandbox;
  try {
    sandbox = (await client.create({ name: newName(), source })).release();
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }

  return {
    backend,

    async run(scenario) {
      const names: string[] = [];
      const takeName = (): string => {
        const name = newName();
        names.push(name);
        return name;
      };
      const context: ScenarioContext = {
        client,
        sandbox,
        image,
        newName: takeName,
        clientWith: (prepare) => createSandboxClient({ backend, prepare }),
        createSandbox: (overrides) => client.create({ name: takeName(), source, ...overrides }),
      };
      try {
        await scenario(context);
      } finally {
        for (const name of names) await client.sandbox(name).destroy();
      }
    },

    async close() {
      try {
        await sandbox.destroy();
        const left = await listNames(client, prefix);
        for (const name of left) await client.sandbox(name).destroy();
        return left;
      } finally {
        await client[Symbol.asyncDispose]();
      }
    },
  };
}

async function listNames(client: SandboxClient, prefix: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of client.list()) if (name.startsWith(prefix)) names.push(name);
  return names;
}
