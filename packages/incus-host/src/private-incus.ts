import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { BackendFailedError, type WaitOptions } from "@pixels/core";
import { abortable, poll } from "@pixels/core/backend";
import { type IncusApi, IncusApiError, IncusConnectionError, openIncusApi } from "@pixels/incus-backend/rest";
import { findIncusDaemon } from "./find-command.ts";
import { prepareIncus } from "./prepare-incus.ts";
import { daemonScript, initScript, launchScript, sweepScript } from "./private-incus-scripts.ts";
import { endProcess, getStartTime, type ProcessId } from "./process-id.ts";
import { runScript, type ScriptProcess, startScript } from "./run-script.ts";
import { requireRoot } from "./require-root.ts";
import { bridgeSubnets } from "./subnets.ts";
import { requireTools } from "./tools.ts";

const GIB = 1024 ** 3;
const STOP_MS = 20_000;

export interface PrivateIncusOptions extends WaitOptions {
  /** Most memory that the daemon's state may take, sandboxes' files with it; default 8 GiB. It takes what is used. */
  readonly stateBytes?: number;
  /** Size of the storage pool within it; default 6 GiB. */
  readonly poolBytes?: number;
  /** `endIncusd` and `startIncusd` work: the namespaces, and what runs in sandboxes, outlive incusd. Default false. */
  readonly restartable?: boolean;
}

/** What finds a private daemon again: plain data. */
export interface PrivateIncusInfo {
  /** Name of its cgroups; unique on this machine. */
  readonly run: string;
  /** Path of its socket; only root can reach it. */
  readonly socketPath: string;
  /** The daemon itself, or what keeps a restartable one. Its network and mounts are its own: `nsenter --target <pid> --net --mount`. */
  readonly daemon: ProcessId;
  /** The outer end: gone means that everything is. */
  readonly launcher: ProcessId;
  /** The bridge's own address and prefix length; this machine has a route to the sandboxes on it. */
  readonly bridgeAddress: string;
}

/** A daemon of our own with a pool, a bridge and a default profile. It ends with this process, however that ends; disposing ends it too. */
export interface PrivateIncus extends PrivateIncusInfo, AsyncDisposable {
  /** From now on it outlives this process, until `stopPrivateIncus`. */
  stay(): void;
}

/**
 * Starts a throw-away Incus daemon in its own mount, network and pid namespaces, with its state in memory; takes about two
 * seconds. Several at once, and a system Incus, do not see each other. Needs root. Rejects with BACKEND_UNAUTHORIZED
 * without it, BACKEND_MISCONFIGURED where tools are missing, BACKEND_FAILED with the daemon's words where it does not start.
 */
export async function startPrivateIncus(options: PrivateIncusOptions = {}): Promise<PrivateIncus> {
  const {
    stateBytes = 8 * GIB,
    poolBytes = 6 * GIB,
    restartable = false,
    timeoutMs = 60_000,
    signal,
  } = options;
  requireRoot("a private Incus daemon needs root: it makes namespaces, mounts and a network");
  requireTools("daemon");
  const incusd = findIncusDaemon() ?? "incusd";
  signal?.throwIfAborted();

  options.onProgress?.("starting a private Incus daemon");
  const run = `pixels-${randomBytes(4).toString("hex")}`;
  const settings = [String(stateBytes), incusd, restartable ? "yes" : "no"];
  const args = [run, initScript, daemonScript, ...settings, ...bridgeSubnets()];
  const launch = startScript({ name: "pixels-launch", text: launchScript, args });
  const deadline = AbortSignal.timeout(timeoutMs);
  const limits = { signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) };
  let info: PrivateIncusInfo | undefined;
  try {
    info = await abortable(readStart(launch, run), limits.signal);
    await using api = openIncusApi({ socketPath: info.socketPath });
    await waitReady(api, { ...limits, launch, timeoutMs });
    options.onProgress?.("creating storage and network");
    await prepareIncus(api, { ...limits, poolBytes, bridgeAddress: info.bridgeAddress });
  } catch (error) {
    const log = await readLog(info);
    launch.cutLifeline();
    launch.child.kill("SIGKILL");
    await launch.exited.catch(() => {});
    await removeRun(run);
    signal?.throwIfAborted();
    const reasons = [error instanceof Error ? error.message : String(error), launch.errorTail(), log];
    throw new BackendFailedError(`the private Incus daemon did not start: ${reasons.join("\n").trim()}`, {
      cause: error,
      next: "check that this machine may make namespaces, loop devices, bridges and tun devices",
    });
  }
  launch.detach();
  const started = info;
  return {
    ...started,
    stay: () => launch.sayOnLifeline("stay"),
    async [Symbol.asyncDispose]() {
      launch.cutLifeline();
      await stopPrivateIncus(started);
    },
  };
}

/** Ends a private daemon and all that runs in it, and removes what the kernel keeps. One that is gone already is no error. */
export async function stopPrivateIncus({ run, daemon, launcher }: PrivateIncusInfo): Promise<void> {
  await endProcess(daemon);
  await poll(async () => ((await getStartTime(launcher.pid)) === launcher.startTime ? undefined : true), {
    what: `the private daemon "${run}" to end`,
    timeoutMs: STOP_MS,
    intervalMs: 10,
  });
  await removeRun(run);
}

/** Removes what the kernel kept of private daemons that are dead: empty cgroup folders, network links. */
export async function sweepPrivateIncus(): Promise<void> {
  await runScript({ name: "pixels-sweep", text: sweepScript });
}

/** Reads the start's protocol (private-incus-scripts.ts) to its end. */
async function readStart(launch: ScriptProcess, run: string): Promise<PrivateIncusInfo> {
  const values = new Map<string, string>();
  for await (const line of createInterface({ input: launch.stdout })) {
    const [key = "", value = ""] = line.split(" ");
    values.set(key, value);
    if (key === "running") break;
  }
  const pid = Number(values.get("pid"));
  const bridgeAddress = values.get("address");
  const launcherPid = launch.child.pid;
  const startTime = await getStartTime(pid);
  const launcherStartTime = launcherPid === undefined ? undefined : await getStartTime(launcherPid);
  if (!values.has("running") || bridgeAddress === undefined || startTime === undefined)
    throw new Error("ended early");
  if (launcherPid === undefined || launcherStartTime === undefined) throw new Error("ended early");
  return {
    run,
    // through /proc the path needs no mount out here, so nothing can be left of it
    socketPath: `/proc/${pid}/root/run/incus/unix.socket`,
    daemon: { pid, startTime },
    launcher: { pid: launcherPid, startTime: launcherStartTime },
    bridgeAddress,
  };
}

interface WaitReadyOptions {
  readonly launch: ScriptProcess;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Asks what `incusd waitready` asks. */
async function waitReady(api: IncusApi, { launch, timeoutMs, signal }: WaitReadyOptions): Promise<void> {
  await poll(
    async () => {
      if (launch.child.exitCode !== null) throw new Error("ended early");
      try {
        await api.transport.request("GET", "/internal/ready", { signal });
        return true;
      } catch (error) {
        if (error instanceof IncusApiError || error instanceof IncusConnectionError) return undefined;
        throw error;
      }
    },
    { what: "the private daemon to answer", timeoutMs, intervalMs: 20, signal },
  );
}

async function readLog(info: PrivateIncusInfo | undefined): Promise<string> {
  if (info === undefined) return "";
  const path = `/proc/${info.daemon.pid}/root/run/incusd.log`;
  return (await readFile(path, "utf8").catch(() => "")).slice(-1000);
}

/** The kernel gives up the last of a dead run some milliseconds after its last process. */
async function removeRun(run: string): Promise<void> {
  await poll(
    async () => {
      await sweepPrivateIncus();
      return (await isLeft(run)) ? undefined : true;
    },
    { what: `the kernel to give up "${run}"`, timeoutMs: STOP_MS, intervalMs: 50 },
  );
}

async function isLeft(run: string): Promise<boolean> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const roots = mounts
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith("/sys/fs/cgroup"));
  return (
    roots.some((root) => existsSync(`${root}/${run}`)) ||
    existsSync(`/sys/class/net/${run.replace("pixels-", "px")}`)
  );
}
