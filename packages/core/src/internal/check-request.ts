import type { InstanceSource, InstanceSpec } from "../backend/backend.ts";
import { InvalidArgumentError } from "../errors.ts";
import { parseSandboxName, parseSnapshotName } from "../names.ts";
import type { CreateSandboxRequest, SandboxChange, SandboxLimits, SandboxSource } from "../sandbox.ts";

/** Below this no init comes up. */
const MIN_MEMORY_BYTES = 32 * 1024 * 1024;
const MIN_DISK_BYTES = 64 * 1024 * 1024;
/** An init and its services alone take some thirty. */
const MIN_PROCESSES = 64;

/** Enough for any work, and few enough to leave the host its own. */
const DEFAULT_PROCESSES = 4096;

/** Of a label's value. */
const MAX_LABEL_BYTES = 512;

const cpuSet = /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/;
const labelKey = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** A request that a backend may act on. Throws INVALID_ARGUMENT before anything was asked of a server. */
export function checkRequest(request: CreateSandboxRequest): InstanceSpec {
  const { cpu, memoryBytes, diskBytes, labels = {}, nesting = false } = request;
  const name = parseSandboxName(request.name);
  const source = checkSource(request.source);
  // a clone has its source's
  const processes = request.processes ?? (source.kind === "image" ? DEFAULT_PROCESSES : undefined);
  const limits = { cpu, memoryBytes, diskBytes, processes };
  checkLimits(limits);
  checkLabels(labels);
  return { name, source, ...limits, labels, nesting };
}

export function checkLimits({ cpu, memoryBytes, diskBytes, processes }: SandboxLimits): void {
  if (typeof cpu === "number") checkAmount("cpu", cpu, 1, "cores");
  else if (cpu !== undefined && !cpuSet.test(cpu.set))
    throw new InvalidArgumentError(`cpu: ${JSON.stringify(cpu.set)} is no set of cores`, {
      next: 'write it like "0-3" or "0,2"',
    });
  if (memoryBytes !== undefined) checkAmount("memory", memoryBytes, MIN_MEMORY_BYTES, "bytes");
  if (diskBytes !== undefined) checkAmount("disk", diskBytes, MIN_DISK_BYTES, "bytes");
  if (processes !== undefined) checkAmount("processes", processes, MIN_PROCESSES, "processes");
}

/** A change that a backend may act on. Throws INVALID_ARGUMENT before anything was asked of a server. */
export function checkChange({ cpu, memoryBytes, diskBytes, processes, labels = {} }: SandboxChange): void {
  checkLimits({
    cpu: cpu ?? undefined,
    memoryBytes: memoryBytes ?? undefined,
    diskBytes: diskBytes ?? undefined,
    processes: processes ?? undefined,
  });
  checkLabels(labels);
}

/** Servers keep no label with an empty value (Incus: an empty configuration key is one that is not set). */
export function checkLabels(labels: Readonly<Record<string, string | null>>): void {
  for (const [key, value] of Object.entries(labels)) {
    checkLabelKey(key);
    if (value === null) continue;
    const bytes = Buffer.byteLength(value);
    if (bytes === 0 || bytes > MAX_LABEL_BYTES || value.includes("\0") || !value.isWellFormed())
      throw new InvalidArgumentError(
        `the value of the label ${JSON.stringify(key)} is not 1 to ${MAX_LABEL_BYTES} bytes of text`,
        { next: "give it a shorter one, or leave the label out" },
      );
  }
}

function checkLabelKey(key: string): void {
  if (labelKey.test(key)) return;
  throw new InvalidArgumentError(`${JSON.stringify(key)} is not the key of a label`, {
    next: "use at most 63 lower-case letters, digits, dots, hyphens and underscores, beginning and ending with a letter or digit",
  });
}

function checkSource(source: SandboxSource): InstanceSource {
  switch (source.kind) {
    case "image":
      if (source.image.trim() === "" || /[\s?#]/.test(source.image))
        throw new InvalidArgumentError(`${JSON.stringify(source.image)} is not the name of an image`, {
          next: "name one such as debian/12",
        });
      return source;
    case "snapshot":
      return {
        ...source,
        sandbox: parseSandboxName(source.sandbox),
        snapshot: parseSnapshotName(source.snapshot),
      };
    case "sandbox":
      return { ...source, sandbox: parseSandboxName(source.sandbox) };
  }
}

function checkAmount(what: string, amount: number, least: number, unit: string): void {
  if (Number.isSafeInteger(amount) && amount >= least) return;
  throw new InvalidArgumentError(`${what}: ${amount} is not a whole number of ${unit} from ${least} up`);
}
