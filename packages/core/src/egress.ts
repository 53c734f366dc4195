import type { CallOptions } from "./options.ts";

/** A rule for one target: a host ("example.org", "*.example.org") or a network with an optional port ("192.0.2.0/24:5432"). */
export interface EgressRule {
  readonly action: "allow" | "deny";
  readonly target: string;
}

export type EgressPolicy =
  | { readonly mode: "unrestricted" }
  | { readonly mode: "blocked" }
  | { readonly mode: "allowlist"; readonly rules: readonly EgressRule[] }
  | { readonly mode: "agent"; readonly rules: readonly EgressRule[]; readonly presetVersion: number };

export interface EgressState {
  readonly policy: EgressPolicy;
  readonly enforcedBy: "host" | "guest";
  /** What stays open although the policy forbids it, in words. */
  readonly degraded?: string;
}

export interface EgressAttempt {
  readonly time: Date;
  readonly target: string;
  readonly allowed: boolean;
}

export interface EgressLogOptions extends CallOptions {
  readonly since?: Date;
  readonly follow?: boolean;
}

/** What a sandbox may reach on the network. */
export interface SandboxEgress {
  get(options?: CallOptions): Promise<EgressState>;
  set(policy: EgressPolicy, options?: CallOptions): Promise<EgressState>;
  log(options?: EgressLogOptions): AsyncIterable<EgressAttempt>;
}
