import type {
  CallOptions,
  CpuLimit,
  SandboxClient,
  SandboxInfo,
  SandboxName,
  SandboxUsage,
} from "@pixels/core";
import { type Provisioning, readProvisioning, summarize } from "@pixels/provisioner";
import { alignColumns, formatBytes, toTable } from "./output.ts";
import { toProvisioningJson, toProvisioningText } from "./provisioning-text.ts";
import { EGRESS, toJson } from "./sandbox-row.ts";

export interface SandboxStatusParts {
  readonly info: SandboxInfo;
  readonly usage: SandboxUsage;
  /** Absent where the backend has none. */
  readonly checkpointCount: number | undefined;
  /** Absent where it was not provisioned, or the backend cannot read its files. */
  readonly provisioning: Provisioning | undefined;
}

/** Asks for all that status shows. */
export async function readStatus(
  client: SandboxClient,
  name: SandboxName,
  options: CallOptions,
): Promise<SandboxStatusParts> {
  const sandbox = client.sandbox(name);
  const [info, usage, checkpoints] = await Promise.all([
    sandbox.info(options),
    sandbox.usage(options),
    client.capabilities.snapshots ? sandbox.snapshots.list(options) : undefined,
  ]);
  // one that is being created may have no files yet, and would be started later for our looking at them
  const isReadable = info.status !== "creating" || usage.processes !== undefined;
  const provisioning =
    client.capabilities.files && isReadable ? await readProvisioning(sandbox, options) : undefined;
  return { info, usage, checkpointCount: checkpoints?.length, provisioning };
}

/** A sandbox with its limits and what it uses of them, as `--json` shows it. */
export function toStatusJson(parts: SandboxStatusParts): Record<string, unknown> {
  const { info, usage, checkpointCount, provisioning } = parts;
  const { cpu, memoryBytes, diskBytes, processes } = info.limits;
  return {
    ...toJson(info),
    id: info.id,
    account: info.account,
    labels: info.labels,
    limits: {
      cpu: typeof cpu === "object" ? cpu.set : (cpu ?? null),
      memory_bytes: memoryBytes ?? null,
      disk_bytes: diskBytes ?? null,
      processes: processes ?? null,
    },
    usage: {
      cpu_seconds: usage.cpuSeconds ?? null,
      memory_bytes: usage.memoryBytes ?? null,
      disk_bytes: usage.diskBytes ?? null,
      processes: usage.processes ?? null,
    },
    checkpoint_count: checkpointCount ?? null,
    provisioning: toProvisioningJson(provisioning),
  };
}

/** The same for people. */
export function toStatusText({ info, usage, checkpointCount, provisioning }: SandboxStatusParts): string {
  const { cpu, memoryBytes, diskBytes, processes } = info.limits;
  const facts = [
    ["name", info.name],
    ["status", info.status],
    ["address", info.addresses.join(", ") || "-"],
    ["image", info.image ?? "-"],
    ["created", info.createdAt.toISOString()],
    ["account", info.account === "root" ? "root, in /root: no pixel user was made" : info.account],
    ["egress", EGRESS],
    ["provisioning", provisioning === undefined ? "none" : summarize(provisioning)],
    ...(checkpointCount === undefined ? [] : [["checkpoints", String(checkpointCount)]]),
    ...Object.entries(info.labels).map(([key, value]) => ["label", `${key}=${value}`]),
  ];
  const amounts = [
    ["cpu", formatCpu(cpu), formatUse(usage.cpuSeconds, (seconds) => `${seconds.toFixed(1)} s`)],
    ["memory", formatLimit(memoryBytes, formatBytes), formatUse(usage.memoryBytes, formatBytes)],
    ["disk", formatLimit(diskBytes, formatBytes), formatUse(usage.diskBytes, formatBytes)],
    ["processes", formatLimit(processes, String), formatUse(usage.processes, String)],
  ];
  const steps = provisioning === undefined ? "" : `\n${toProvisioningText(provisioning)}`;
  return `${alignColumns(facts)}\n${toTable(["of", "limit", "used"], amounts)}${steps}`;
}

function formatCpu(cpu: CpuLimit | undefined): string {
  if (cpu === undefined) return "none";
  return typeof cpu === "number" ? String(cpu) : `cores ${cpu.set}`;
}

function formatLimit(limit: number | undefined, format: (amount: number) => string): string {
  return limit === undefined ? "none" : format(limit);
}

function formatUse(use: number | undefined, format: (amount: number) => string): string {
  return use === undefined ? "" : format(use);
}
