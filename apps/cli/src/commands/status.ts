import { Command, Option } from "clipanion";
import { type CpuLimit, parseSandboxName, type SandboxInfo, type SandboxUsage } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import type { Interrupts } from "../interrupts.ts";
import { alignColumns, formatBytes, toDocument, toTable } from "../output.ts";
import { EGRESS, toJson } from "../sandbox-row.ts";

/** `pixels status`. */
export class StatusCommand extends BaseCommand {
  static override paths = [["status"]];
  static override synopsis = "<name>";
  static override usage = Command.Usage({
    description: "Show one sandbox: its state, limits and use",
    details: `
      State, addresses, image, the account that commands run as, limits beside what is used of them, and what the sandbox may reach on the
      network.
    `,
    examples: [
      ["How a sandbox is doing", "pixels status dev"],
      ["How much memory it uses", "pixels status dev --json | jq .usage.memory_bytes"],
    ],
  });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    await using session = await this.open({ signal, collect: "now" });
    const sandbox = session.client.sandbox(name);
    const [info, usage] = await Promise.all([sandbox.info({ signal }), sandbox.usage({ signal })]);
    this.context.stdout.write(this.json ? toDocument(toStatusJson(info, usage)) : toStatusText(info, usage));
    return 0;
  }
}

function toStatusJson(info: SandboxInfo, usage: SandboxUsage): Record<string, unknown> {
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
  };
}

function toStatusText(info: SandboxInfo, usage: SandboxUsage): string {
  const { cpu, memoryBytes, diskBytes, processes } = info.limits;
  const facts = [
    ["name", info.name],
    ["status", info.status],
    ["address", info.addresses.join(", ") || "-"],
    ["image", info.image ?? "-"],
    ["created", info.createdAt.toISOString()],
    ["account", info.account],
    ["egress", EGRESS],
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
