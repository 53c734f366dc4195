import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Who is making something, so that anybody can tell later whether they still live. A process is known by its id together with the moment
 * it started, both of which the kernel takes back when it dies, within a PID namespace and a boot.
 */
export interface Owner {
  /** Host name and a hash of /etc/machine-id; the latter missing where there is none. */
  readonly host: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks after the boot (proc(5), /proc/pid/stat field 22). */
  readonly startedAt: string;
}

/** Of an owner: `unknown` where it lives, or lived, on another machine or in another PID namespace. */
export type OwnerLiveness = "alive" | "dead" | "unknown";

/** This process. Off Linux it has no boot or start time, so that others can only say `unknown`. */
export function currentOwner(): Owner {
  return {
    host: readHost(),
    bootId: readBootId(),
    pidNamespace: readPidNamespace(),
    pid: process.pid,
    startedAt: readStartTime(process.pid) ?? "",
  };
}

export function getOwnerLiveness(owner: Owner): OwnerLiveness {
  const bootId = readBootId();
  if (bootId === "" || owner.bootId === "") return "unknown";
  // the same host after a reboot: everything of before is gone
  if (owner.bootId !== bootId)
    return isKnownHost(owner.host) && owner.host === readHost() ? "dead" : "unknown";
  if (owner.pidNamespace !== readPidNamespace()) return "unknown";
  const startedAt = readStartTime(owner.pid);
  if (startedAt === undefined && isHidden(owner.pid)) return "unknown";
  return startedAt === owner.startedAt ? "alive" : "dead";
}

/** One line without spaces, for a label. */
export function formatOwner(owner: Owner): string {
  return [owner.host, owner.bootId, owner.pidNamespace, owner.pid, owner.startedAt].join("/");
}

/** Undefined where the text is not from `formatOwner`. */
export function parseOwner(text: string): Owner | undefined {
  const [host, bootId, pidNamespace, pid, startedAt, ...rest] = text.split("/");
  if (host === undefined || bootId === undefined || pidNamespace === undefined || startedAt === undefined)
    return undefined;
  if (rest.length > 0 || pid === undefined || !/^\d+$/.test(pid)) return undefined;
  return { host, bootId, pidNamespace, pid: Number(pid), startedAt };
}

/** Host names are not unique, and neither are the machine ids of cloned images. */
function readHost(): string {
  const machineId = readText("/etc/machine-id")?.trim() ?? "";
  if (machineId === "") return hostname();
  // machine-id(5): the id itself is not to be shown
  const hash = createHash("sha256").update(`pixels:${machineId}`).digest("hex").slice(0, 16);
  return `${hostname()}+${hash}`;
}

/** A name alone does not tell two hosts apart. */
function isKnownHost(host: string): boolean {
  return host.includes("+");
}

/** proc mounted with hidepid shows nothing of other users' processes, but signals tell that they are there. */
function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readBootId(): string {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function readPidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "");
  } catch {
    return "";
  }
}

function readStartTime(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // the program's name, in parentheses, may have spaces and parentheses in it
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  // what has ended and only waits for its parent to ask how is nobody's start any more
  return state === "Z" || state === "X" ? "" : fields[18];
}

/** Undefined where there is no such file: the process has ended, or this is no Linux. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
