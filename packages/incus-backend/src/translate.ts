import type {
  CpuLimit,
  LimitsChange,
  SandboxInfo,
  SandboxLimits,
  SandboxStatus,
  SandboxUsage,
} from "@pixels/core";
import { fromInstanceName } from "@pixels/core/backend";
import { configKeys, LABEL_PREFIX, NIC } from "./config-keys.ts";
import type { Instance, InstanceState } from "./rest/schemas.ts";

/** A sandbox as its instance shows it; undefined for an instance that is none. */
export function toSandboxInfo(
  instance: Instance,
  extra: { readonly revision?: string } = {},
): SandboxInfo | undefined {
  const name = fromInstanceName(instance.name);
  if (name === undefined) return undefined;
  const { config } = instance;
  const address = instance.devices[NIC]?.["ipv4.address"];
  return {
    name,
    // an instance that another tool made has no id of ours; its moment of creation tells it from a later one
    id: config[configKeys.id] ?? `${instance.name}@${instance.created_at}`,
    status: toStatus(instance),
    addresses: address === undefined ? [] : [address],
    createdAt: new Date(instance.created_at),
    labels: toLabels(config),
    limits: toLimits(instance),
    account: config[configKeys.account] ?? "root",
    image: config[configKeys.image],
    revision: extra.revision,
  };
}

function used(amount: number | undefined): number | undefined {
  return amount === undefined || amount <= 0 ? undefined : amount;
}

/** Counters of a stopped instance are 0 or less, except for its disk. A disk whose pool cannot tell counts 0 too. */
export function toSandboxUsage({ processes, cpu, memory, disk }: InstanceState): SandboxUsage {
  const cpuNanoseconds = used(cpu.usage);
  return {
    memoryBytes: used(memory.usage),
    diskBytes: used(disk?.["root"]?.usage),
    processes: used(processes),
    cpuSeconds: cpuNanoseconds === undefined ? undefined : cpuNanoseconds / 1e9,
  };
}

function toStatus({ status, config }: Instance): SandboxStatus {
  if (config[configKeys.state] === "creating") return "creating";
  if (config[configKeys.state] === "removing") return "stopping";
  switch (status) {
    case "Running":
      return "running";
    case "Stopped":
      return "stopped";
    case "Frozen":
    case "Freezing":
    case "Thawed":
      return "frozen";
    case "Starting":
      return "starting";
    case "Stopping":
    case "Aborting":
      return "stopping";
    default:
      return "failed";
  }
}

function toLabels(config: Readonly<Record<string, string>>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(config))
    if (key.startsWith(LABEL_PREFIX)) labels[key.slice(LABEL_PREFIX.length)] = value;
  return labels;
}

function toLimits({ config, devices }: Instance): SandboxLimits {
  const processes = config["limits.processes"];
  return {
    cpu: toCpuLimit(config["limits.cpu"]),
    memoryBytes: parseIncusSize(config["limits.memory"]),
    diskBytes: parseIncusSize(devices["root"]?.["size"]),
    processes: processes === undefined ? undefined : Number(processes),
  };
}

function toCpuLimit(text: string | undefined): CpuLimit | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  return { set: /^(\d+)-\1$/.exec(text)?.[1] ?? text };
}

/** Incus takes "2" as two cores and "2-2" as the core number two. */
export function fromCpuLimit(cpu: CpuLimit): string {
  if (typeof cpu === "number") return String(cpu);
  return /^\d+$/.test(cpu.set) ? `${cpu.set}-${cpu.set}` : cpu.set;
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a size as Incus writes it (Incus: doc/reference/instance_units); undefined for a percentage and for none. */
export function parseIncusSize(text: string | undefined): number | undefined {
  const match = /^(\d+)([A-Za-z]*)$/.exec(text ?? "");
  const unit = units[match?.[2] ?? "?"];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Limits as configuration keys; a limit that is absent gets no key, and one that is lifted the empty value, which removes a key. */
export function fromLimits({ cpu, memoryBytes, processes }: LimitsChange): Record<string, string> {
  return {
    ...(cpu === undefined ? {} : { "limits.cpu": cpu === null ? "" : fromCpuLimit(cpu) }),
    ...(memoryBytes === undefined ? {} : { "limits.memory": String(memoryBytes ?? "") }),
    ...(processes === undefined ? {} : { "limits.processes": String(processes ?? "") }),
  };
}
