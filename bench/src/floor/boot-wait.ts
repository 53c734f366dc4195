import type { BareOperation, BareRest } from "./rest.ts";

/** The library's own script (packages/incus-backend/src/boot.ts), word for word; a test compares them. */
export const bootWaitScript = `
if [ -x /bin/systemctl ] || [ -x /usr/bin/systemctl ]; then
  end=$(($(date +%s) + 30))
  while [ "$(date +%s)" -le $end ]; do
    case $(timeout 30 systemctl is-system-running --wait 2>/dev/null) in
      running | degraded | maintenance) break ;;
    esac
    sleep 0.02
  done
fi
[ -e /sys/class/net/eth0 ] || exit 0
end=$(($(date +%s) + 5))
while [ "$(date +%s)" -le $end ]; do
  while read -r device rest; do [ "$device" = eth0 ] && exit 0; done </proc/net/route
  sleep 0.05
done
exit 0
`;

/** Runs the script without streams; rejects where it does not end with 0. */
export async function waitForBootBare(rest: BareRest, instance: string): Promise<void> {
  const { operation } = await rest.request("POST", `/1.0/instances/${instance}/exec`, {
    command: ["sh", "-c", bootWaitScript],
    interactive: false,
    "wait-for-websocket": false,
  });
  const { metadata } = await rest.request<BareOperation>("GET", `${operation}/wait`);
  if (metadata.metadata?.return !== 0) throw new Error(`${instance} did not boot: ${metadata.err}`);
}
