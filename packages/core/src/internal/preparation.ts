import type { InstanceSpec } from "../backend/backend.ts";
import { checkVariables } from "../command.ts";
import { CapabilityUnsupportedError, InvalidArgumentError } from "../errors.ts";
import type { WaitOptions } from "../options.ts";
import type { SandboxPreparer } from "../prepare.ts";
import type { CreateSandboxRequest, Sandbox } from "../sandbox.ts";
import { abortable } from "./abortable.ts";

/** Throws CAPABILITY_UNSUPPORTED or INVALID_ARGUMENT where what a request wants of the preparation would be left out, or cannot be. */
export function checkPreparation(
  { env = {}, provision }: CreateSandboxRequest,
  prepare: SandboxPreparer | undefined,
): void {
  const names = Object.keys(env);
  if (prepare === undefined && (names.length > 0 || provision === true))
    throw new CapabilityUnsupportedError(
      `this client has nothing that ${provision === true ? "provisions a sandbox" : "writes variables into a sandbox"}`,
      { next: "give createSandboxClient a preparer, such as that of @pixels/provisioner" },
    );
  if (provision === false && names.length > 0)
    throw new InvalidArgumentError("variables cannot be kept in a sandbox that nothing is written into", {
      next: "leave env out, or provision the sandbox",
    });
  checkVariables(env);
  for (const [name, value] of Object.entries(env))
    if (/[\r\n]/.test(value))
      throw new InvalidArgumentError(
        `the environment variable ${JSON.stringify(name)} has a line break in it, which /etc/environment cannot hold`,
        { next: "use one line, or give it to each command" },
      );
}

export interface PlanPreparationOptions extends Pick<WaitOptions, "signal" | "onProgress"> {
  /** The one that is to be. */
  readonly sandbox: Sandbox;
}

/** What a backend is to call as it creates the sandbox. Rejects as the preparer's check does. */
export async function planPreparation(
  prepare: SandboxPreparer,
  request: CreateSandboxRequest,
  { sandbox, signal, onProgress }: PlanPreparationOptions,
): Promise<Pick<InstanceSpec, "identify" | "provision">> {
  const { provision = true, source } = request;
  const fromImage = source.kind === "image";
  if (!provision && fromImage) return {};
  const tell = (step: string): void => onProgress?.(`provisioning: ${step}`);
  if (provision) await abortable(prepare.check(request, { signal }), signal);
  return {
    identify: (options) => abortable(prepare.identify(sandbox, request, options), options.signal),
    provision: fromImage
      ? (options) =>
          abortable(prepare.provision(sandbox, request, { ...options, onProgress: tell }), options.signal)
      : undefined,
  };
}
