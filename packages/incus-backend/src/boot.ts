import { SandboxNotReadyError } from "@pixels/core";
import type { CallOptions, SandboxName } from "@pixels/core";
import { poll, toInstanceName } from "@pixels/core/backend";
import { NIC } from "./config-keys.ts";
import type { IncusApi } from "./rest/api.ts";
import { IncusApiError } from "./rest/errors.ts";

/** A boot that is stuck on one unit does not hold commands up for longer than this. */
const BOOT_SECONDS = 30;
/** A guest without a DHCP client never takes its address. */
const ADDRESS_SECONDS = 5;

/**
 * Waits inside the sandbox until the boot is over: before that it still empties /tmp, writes resolv.conf and makes host keys. Early on systemd
 * says "offline" or nothing at all, as its bus is not up. The route that comes with an address shows in /proc without any tool.
 */
const waitScript = `
if [ -x /bin/systemctl ] || [ -x /usr/bin/systemctl ]; then
  end=$(($(date +%s) + ${BOOT_SECONDS}))
  while [ "$(date +%s)" -le $end ]; do
    case $(timeout ${BOOT_SECONDS} systemctl is-system-running --wait 2>/dev/null) in
      running | degraded | maintenance) break ;;
    esac
    sleep 0.02
  done
fi
[ -e /sys/class/net/${NIC} ] || exit 0
end=$(($(date +%s) + ${ADDRESS_SECONDS}))
while [ "$(date +%s)" -le $end ]; do
  while read -r device rest; do [ "$device" = ${NIC} ] && exit 0; done </proc/net/route
  sleep 0.05
done
exit 0
`;

/** Resolves once the instance, which was just started, has booted. Rejects with SANDBOX_NOT_READY where its init has ended. */
export async function waitForBoot(api: IncusApi, name: SandboxName, options: CallOptions): Promise<void> {
  if (await hasBooted(api, name, options)) return;
  throw new SandboxNotReadyError(`sandbox ${JSON.stringify(name)} stopped while it was booting`, {
    next: `look at its console log: incus console --show-log ${toInstanceName(name)}`,
  });
}

/** True once the instance, which runs, has booted; false where it was stopped, or its init has ended. */
export async function hasBooted(api: IncusApi, name: SandboxName, options: CallOptions): Promise<boolean> {
  const instance = toInstanceName(name);
  return await poll(
    async () => {
      if (await tryBootWait(api, instance, options)) return true;
      const { status } = (await api.instances.get(instance, options)).instance;
      return status === "Stopped" || status === "Error" ? false : undefined;
    },
    {
      what: `sandbox ${JSON.stringify(name)} to run commands`,
      timeoutMs: 2 * BOOT_SECONDS * 1000,
      intervalMs: 20,
      ...options,
    },
  );
}

/** False while the instance cannot run a command yet. */
async function tryBootWait(api: IncusApi, instance: string, options: CallOptions): Promise<boolean> {
  try {
    const path = await api.instanceExec.run(instance, { command: ["sh", "-c", waitScript] }, options);
    const operation = await api.operations.wait(path, { ...options, keepFailed: true });
    return operation.metadata?.["return"] === 0;
  } catch (error) {
    if (error instanceof IncusApiError) return false;
    throw error;
  }
}
