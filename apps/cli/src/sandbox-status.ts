import type {
  CallOptions,
  CpuLimit,
  SandboxClient,
  SandboxInfo,
  SandboxName,
  SandboxUsage,
} from "@pixels/core";
import { alignColumns, formatBytes, toTable } from "./output.ts";
import { EGRESS, toJson } from "./sandbox-row.ts";

export interface SandboxStatusParts {
  readonly info: SandboxInfo;
  readonly usage: SandboxUsage;
  /** Absent where the backend has none. */
  readonly checkpointCount: number | undefined;
}

/** Asks for all of it at once. */
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
  return { info, usage, checkpointCount: checkpoints?.length };
}

/** A sandbox with its limits and what it uses of them, as `--json` shows it. */
export function toStatusJson({ info, usage, checkpointCount }: SandboxStatusParts): Record<string, unknown> {
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
  };
}

/** The same for people. */
export function toStatusText({ info, usage, checkpointCount }: SandboxStatusParts): string {
  const { cpu, memoryBytes, diskBytes, processes } = info.limits;
  const facts = [
    ["name", info.name],
    ["status", info.status],
    ["address", info.addresses.join(", ") || "-"],
    ["image", info.image ?? "-"],
    ["created", info.createdAt.toISOString()],
    ["account", info.account],
    ["egress", EGRESS],
    ...(checkpointCount === undefined ? [] : [["checkpoints", String(checkpointCount)]]),
    ...Object.entries(info.labels).map(([key, value]) => ["label", `${key}=${value}`]),
  ];
  const amounts = [
    ["cpu", formatCpu(cpu), formatUse(usage.cpuSeconds, (seconds) => `${seconds.toFixed(1)} s`)],
    ["memory", formatLimit(memoryBytes, formatBytes), formatUse(usage.memoryBytes, formatBytes)],
    ["disk", formatLimit(diskBytes, formatBytes), formatUse(usage.diskBytes, formatBytes)],
    ["processes", formatLimit(processes, String), formatUse(usage.processes, String)],
  ];
  return `${alignColumns(facts)}\n${toTable(["of", "limit", "used"], amounts)}`;
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
