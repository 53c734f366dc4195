import { type CallOptions, PixelsError, type Sandbox, type SandboxFiles } from "@pixels/core";
import { readIfText, statIfThere } from "./files-there.ts";
import { isOpen, type Provisioning, type ProvisionStep } from "./provisioning.ts";
import { FOLDER, readRecord, type Runner } from "./record.ts";

/** Of the end of a log. */
const MAX_LOG_BYTES = 4096;
const INTERRUPTED = "it was interrupted, as the sandbox was stopped";

/**
 * How far the sandbox is provisioned, also while it is stopped; undefined where it never was. A tool whose installation ended with the sandbox
 * shows as failed. What it says comes from the sandbox: text to show, and nothing to act on.
 */
export async function readProvisioning(
  sandbox: Sandbox,
  options: CallOptions = {},
): Promise<Provisioning | undefined> {
  const { files } = sandbox;
  const record = await readRecord(files, options);
  if (record === undefined) return undefined;
  const { steps, runner } = record;
  const waits = steps.some(({ kind, state }) => kind === "tool" && isOpen({ state }));
  const lives = waits && (await isAlive(files, runner, options));
  const settled = lives ? steps : steps.map(settle);
  return { steps: await Promise.all(settled.map((step) => addLog(files, step, options))) };
}

/** The installer has ended without a word about this step. */
function settle(step: ProvisionStep): ProvisionStep {
  if (step.kind !== "tool" || !isOpen(step)) return step;
  return { ...step, state: "failed", detail: INTERRUPTED };
}

/** Whether the process that installs the tools is the one that is there under its number. A stopped sandbox has no /proc. */
async function isAlive(
  files: SandboxFiles,
  runner: Runner | undefined,
  options: CallOptions,
): Promise<boolean> {
  if (runner === undefined) return false;
  const stat = await readIfText(files, `/proc/${runner.pid}/stat`, options);
  // the program's name, in parentheses, may have spaces and parentheses in it
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return fields[0] !== "Z" && fields[19] === runner.startedAt;
}

async function addLog(
  files: SandboxFiles,
  step: ProvisionStep,
  { signal }: CallOptions,
): Promise<ProvisionStep> {
  if (step.state !== "failed") return step;
  const log = await readEnd(files, `${FOLDER}/${step.id}.log`, { signal });
  return log === undefined ? step : { ...step, log };
}

async function readEnd(
  files: SandboxFiles,
  path: string,
  { signal }: CallOptions,
): Promise<string | undefined> {
  const info = await statIfThere(files, path, { signal });
  if (info?.kind !== "file" || info.sizeBytes === 0) return undefined;
  const offset = Math.max(0, info.sizeBytes - MAX_LOG_BYTES);
  try {
    const content = await files.read(path, { offset, length: MAX_LOG_BYTES, signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    // the first line may have been cut
    return offset === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } catch (error) {
    if (PixelsError.is(error) && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
