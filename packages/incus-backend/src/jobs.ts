import { randomUUID } from "node:crypto";
import { ConnectionLostError, PixelsError, type SandboxName } from "@pixels/core";
import { type BackendJobs, type JobSpec, planJob, planSettleJob } from "@pixels/core/backend";
import { translating } from "./errors.ts";
import { ExecChannel } from "./exec-channel.ts";
import { type ExecParts, runAsRoot } from "./exec-parts.ts";
import { jobForm } from "./launch-form.ts";
import type { SpareLaunchers } from "./spare-launchers.ts";

/** A short job, and whoever reads what it wrote, need what replacing its launcher would take from them. */
const REFILL_AFTER_MS = 50;
/** How long it may take to find out whether a job whose launcher was lost has begun. */
const SETTLE_TIMEOUT_MS = 10_000;

/** Jobs by way of Incus' exec, whose connection they do not need once they have begun. */
export function createBackendJobs(parts: ExecParts, spares: SpareLaunchers): BackendJobs {
  return {
    start: (name, spec, { signal }) =>
      translating({ sandbox: name }, async () => {
        const { account } = spec;
        const refill = (): void => {
          setTimeout(() => spares.refill(name, { account, form: jobForm }), REFILL_AFTER_MS).unref();
        };
        const spare = spares.take(name, { account, form: jobForm });
        if (spare !== undefined && (await startOn(parts, spare, { name, spec, signal }))) {
          refill();
          return spare.id;
        }
        const launcher = await ExecChannel.open(parts, {
          name,
          id: randomUUID(),
          account,
          form: jobForm,
          signal,
        });
        if (!(await startOn(parts, launcher, { name, spec, signal })))
          throw new ConnectionLostError("the connection was lost before the job had begun", {
            context: { sandbox: name },
            next: "nothing of it is left: start it again",
          });
        refill();
        return launcher.id;
      }),
  };
}

interface StartOnOptions {
  readonly name: SandboxName;
  readonly spec: JobSpec;
  readonly signal: AbortSignal | undefined;
}

/** False where the launcher was lost before the job had begun: nothing is left of it. */
async function startOn(
  parts: ExecParts,
  launcher: ExecChannel,
  { name, spec, signal }: StartOnOptions,
): Promise<boolean> {
  try {
    await launcher.start(planJob(spec), { cwd: spec.cwd, signal });
    launcher.setReferenced(false);
    return true;
  } catch (error) {
    const lost = launcher.endedUnstarted || (PixelsError.is(error) && error.code === "CONNECTION_LOST");
    if (!lost) throw error;
    return await hasBegun(parts, { name, id: launcher.id }, error);
  }
}

/** Where that cannot be found out either, rejects with CONNECTION_LOST. */
async function hasBegun(
  { api }: ExecParts,
  { name, id }: { readonly name: SandboxName; readonly id: string },
  cause: unknown,
): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
    return (await runAsRoot(api, { name, command: planSettleJob(id) }, { signal })) === 0;
  } catch {
    throw new ConnectionLostError(
      `the connection was lost while a job was started in sandbox ${JSON.stringify(name)}`,
      {
        cause,
        context: { sandbox: name, job: id },
        next: `whether it runs is unknown: look for the job ${id}`,
      },
    );
  }
}
