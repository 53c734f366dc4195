import { type Sandbox, shell } from "@pixels/core";
import { poll } from "@pixels/core/backend";

/** How many processes in the sandbox are a `sleep` of so many seconds: one that no other test uses. */
export async function countSleepers(sandbox: Sandbox, seconds: string): Promise<number> {
  const { stdout } = await sandbox.exec(
    shell(
      `for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -x 'sleep ${seconds} '; done; true`,
    ),
  );
  return stdout.split("\n").filter((line) => line !== "").length;
}

/** The cgroups of commands and launchers in the sandbox, less the one of the command that looks. */
export async function listCgroups(sandbox: Sandbox): Promise<readonly string[]> {
  const { stdout } = await sandbox.exec(
    shell(
      "own=$(sed -n 's|.*:name=systemd:/||p;s|^0::/||p' /proc/self/cgroup | grep px | head -1); cd /sys/fs/cgroup; [ -d systemd ] && cd systemd; ls -d px.* | grep -vx \"$own\"; true",
    ),
  );
  return stdout.split("\n").filter((name) => name !== "" && name !== "px.left");
}

/** Resolves once nothing of any command is left in the sandbox: neither a process nor a cgroup. Look with a client that keeps no spares. */
export async function waitUntilEmpty(sandbox: Sandbox, timeoutMs = 10_000): Promise<void> {
  try {
    await poll(async () => ((await listCgroups(sandbox)).length === 0 ? true : undefined), {
      what: "the cgroups of all commands to go",
      timeoutMs,
      intervalMs: 50,
    });
  } catch (error) {
    const { stdout } = await sandbox.exec(
      shell(
        "cd /sys/fs/cgroup; [ -d systemd ] && cd systemd; for c in px.*; do echo $c: $(cat $c/cgroup.procs); done; ps -eo pid,ppid,stat,etimes,args | cut -c 1-160",
      ),
    );
    throw new Error(`something is left in the sandbox:\n${stdout}`, { cause: error });
  }
}
