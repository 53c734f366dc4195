import type { SandboxClient } from "../client.ts";
import type { SandboxPreparer } from "../prepare.ts";
import type { CreateSandboxRequest, OwnedSandbox, Sandbox } from "../sandbox.ts";

/** What a scenario works with. */
export interface ScenarioContext {
  readonly client: SandboxClient;
  /** One that runs and that all scenarios share: for those that only run commands. */
  readonly sandbox: Sandbox;
  /** An image that the backend has. */
  readonly image: string;
  /** A name that nothing else has; whatever is created under it is destroyed after the scenario. */
  readonly newName: () => string;
  /** Another client of the same backend. Not to be disposed. */
  readonly clientWith: (prepare: SandboxPreparer) => SandboxClient;
  /** A sandbox of the scenario's own, from `image` unless told otherwise; destroyed after it. */
  readonly createSandbox: (overrides?: Partial<CreateSandboxRequest>) => Promise<OwnedSandbox>;
}

/** The proof of one rule: rejects where the backend does not keep it. */
export type Scenario = (context: ScenarioContext) => Promise<void>;
