import type { CallOptions } from "./options.ts";
import type { CreateSandboxRequest, Sandbox } from "./sandbox.ts";

export interface ProvisionOptions extends CallOptions {
  /** Called at each step, with what it is about, such as "user pixel". */
  readonly onProgress?: (step: string) => void;
}

/** What provisioning a sandbox came to. */
export interface Preparation {
  /** The account that commands run as from now on. Absent: root, as before. */
  readonly account?: string;
}

/**
 * What makes a sandbox more than its image or its source. packages/provisioner implements it; whoever composes an application hands it in.
 * What a method rejects with fails the create, and the half-made sandbox is removed.
 */
export interface SandboxPreparer {
  /** Called first: rejects, with INVALID_ARGUMENT, what cannot be written into any sandbox, before anything is asked of a server. */
  check(request: CreateSandboxRequest, options: CallOptions): Promise<void>;
  /**
   * Gives a new sandbox an identity and what is its own from the first process on, while it has never been started: files can be written,
   * commands cannot run. Of a clone with `provision: false` it writes the identity and nothing else.
   */
  identify(sandbox: Sandbox, request: CreateSandboxRequest, options: CallOptions): Promise<void>;
  /**
   * Makes a sandbox from an image ready for work, once it has booted and before `create` resolves. A step of it that fails is no failure of
   * the whole.
   */
  provision(sandbox: Sandbox, request: CreateSandboxRequest, options: ProvisionOptions): Promise<Preparation>;
}
