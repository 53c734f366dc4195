import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import type { PrivateIncusInfo } from "@pixels/incus-host";

/** What of a daemon can be seen from outside of it; collected while it lives, looked for once it is dead. */
export interface Traces {
  readonly info: PrivateIncusInfo;
  readonly pidNamespace: string;
  /** The loop device under its pool, and the kernel's number of this use of it. */
  readonly loop: { readonly name: string; readonly sequence: string };
}

export async function collectTraces(info: PrivateIncusInfo): Promise<Traces> {
  const mounts = await readFile(`/proc/${info.daemon.pid}/mountinfo`, "utf8");
  const name = /\/dev\/(loop\d+)/.exec(mounts)?.[1] ?? "";
  return {
    info,
    pidNamespace: await readlink(`/proc/${info.daemon.pid}/ns/pid`),
    loop: { name, sequence: await readSequence(name) },
  };
}

/** Everything of a daemon that is still there, apart from its cgroups; empty for one that is gone. */
export async function findLeft({ info, pidNamespace, loop }: Traces): Promise<readonly string[]> {
  const left: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)))
    if ((await readlink(`/proc/${pid}/ns/pid`).catch(() => "")) === pidNamespace) left.push(`process ${pid}`);
  if (existsSync(info.socketPath)) left.push("its socket");
  if (existsSync(`/sys/class/net/${info.run.replace("pixels-", "px")}`)) left.push("its link");
  const subnet = info.bridgeAddress.replace(/\.1\/24$/, ".0/24");
  const { stdout } = await promisify(execFile)("ip", ["-4", "route", "show", subnet]);
  if (stdout !== "") left.push("its route");
  if (
    (await readSequence(loop.name)) === loop.sequence &&
    existsSync(`/sys/block/${loop.name}/loop/backing_file`)
  )
    left.push("its loop device");
  if ((await readFile("/proc/self/mountinfo", "utf8")).includes(info.run)) left.push("a mount");
  return left;
}

/** Its cgroup folders, in whichever hierarchies. */
export async function findCgroups({ run }: PrivateIncusInfo): Promise<readonly string[]> {
  const hierarchies = (await readdir("/sys/fs/cgroup")).map((name) => `/sys/fs/cgroup/${name}`);
  return ["/sys/fs/cgroup", ...hierarchies]
    .map((folder) => `${folder}/${run}`)
    .filter((path) => existsSync(path));
}

/** Names of the processes that this one started and that still run. */
export async function listChildren(): Promise<readonly string[]> {
  const stats = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")),
  );
  return stats.flatMap((stat) => {
    const [, name = "", parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? [];
    return Number(parent) === process.pid ? [name] : [];
  });
}

async function readSequence(name: string): Promise<string> {
  return await readFile(`/sys/block/${name}/diskseq`, "utf8").catch(() => "");
}
