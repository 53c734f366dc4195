import type { CallOptions } from "./options.ts";
import type { CreateSandboxRequest, Sandbox } from "./sandbox.ts";

/** What makes a sandbox more than its image or its source. packages/provisioner implements it; whoever composes an application hands it in. */
export interface SandboxPreparer {
  /** Gives a clone an identity of its own, while it is stopped: commands cannot run, files can be written. */
  identify(clone: Sandbox, request: CreateSandboxRequest, options: CallOptions): Promise<void>;
}
