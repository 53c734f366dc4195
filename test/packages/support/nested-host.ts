import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../../packages/incus-host/src/index.ts";
import { startTestbed } from "../../../tools/testbed/src/index.ts";
import { run } from "./packed.ts";

/** A Debian container with systemd: a stranger's machine with a service manager. */
export interface NestedHost {
  /** Runs a shell script there, as root unless a user is named; rejects where it fails. Gives what it prints. */
  sh(script: string, options?: { readonly user?: string }): Promise<string>;
  /** The same; never rejects. */
  try(
    script: string,
    options?: { readonly user?: string },
  ): Promise<{ readonly code: number; readonly output: string }>;
}

/** Bare hosts that have this machine's Node and the packed command, and nothing of the repository. */
export interface NestedHosts extends AsyncDisposable {
  start(name: string): Promise<NestedHost>;
}

/** What this kernel and the container's systemd disagree about, which a real machine has no need of: two cgroup hierarchies of version 1. */
const mendCgroups = `
[ -e /sys/fs/cgroup/cgroup.controllers ] || {
  mount -o remount,rw /sys/fs/cgroup
  for name in cpu cpuacct; do
    [ ! -L /sys/fs/cgroup/$name ] || { rm /sys/fs/cgroup/$name; mkdir /sys/fs/cgroup/$name; mount -t cgroup -o $name cgroup /sys/fs/cgroup/$name; }
  done
}
`;

export async function startNestedHosts(prefix: string): Promise<NestedHosts> {
  const daemon = await startTestbed({ poolBytes: 8 * 2 ** 30 });
  const home = await mkdtemp(join(tmpdir(), "pixels-incus-home-"));
  const env = { PATH: process.env["PATH"], HOME: home, INCUS_SOCKET: daemon.socketPath };
  const incus = (...args: readonly string[]) => run("incus", args, { env });
  const { metadataPath, rootfsPath } = await buildImage("debian/12");
  const intercepted = ["mknod", "setxattr"].flatMap((name) => [
    "-c",
    `security.syscalls.intercept.${name}=true`,
  ]);
  return {
    async start(name) {
      await incus("launch", "debian/12", name, "-c", "security.nesting=true", ...intercepted);
      const { pid } = JSON.parse(await incus("query", `/1.0/instances/${name}/state`)) as { pid: number };
      const host = createHost([daemon.daemon.pid, pid]);
      await host.sh("until ip -4 route show default | grep -q .; do sleep 0.1; done");
      await incus("file", "push", "--quiet", process.execPath, `${name}/usr/local/bin/node`);
      await incus(
        "file",
        "push",
        "--quiet",
        "--recursive",
        join(prefix, "lib/node_modules/@pixels/cli"),
        `${name}/opt/`,
      );
      await host.sh(
        `ln -s /opt/cli/dist/bin.cjs /usr/local/bin/pixels; useradd --create-home ann; ${mendCgroups}`,
      );
      for (const [path, to] of [
        [metadataPath, "metadata.tar"],
        [rootfsPath, "rootfs.squashfs"],
      ] as const)
        await incus("file", "push", "--quiet", path, `${name}/opt/${to}`);
      return host;
    },
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await rm(home, { recursive: true });
    },
  };
}

/**
 * By way of the daemon's namespaces, as which process is the container's first counts there. Not by its exec: that fails now and then while
 * the Incus inside makes and removes control groups (Incus 6.0.4: "Failed to retrieve PID of executing child process").
 */
function createHost([daemon, first]: readonly [daemon: number, first: number]): NestedHost {
  const enter = (script: string, { user }: { readonly user?: string } = {}): Promise<string> => {
    const shell = user === undefined ? ["bash", "-c"] : ["runuser", "-u", user, "--", "bash", "-c"];
    const outer = ["--target", String(daemon), "--mount", "--pid", "--net", "--", "nsenter"];
    const inner = ["--target", String(first), "--all", "--", ...shell, script];
    return run("nsenter", [...outer, ...inner], {
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
    });
  };
  return {
    sh: enter,
    async try(script, options) {
      const output = await enter(`{ ${script}\n} 2>&1; echo "exit code $?"`, options);
      const [, said = "", code] = /^([^]*?)exit code (\d+)\n$/.exec(output) ?? [];
      return { code: Number(code), output: said };
    },
  };
}
