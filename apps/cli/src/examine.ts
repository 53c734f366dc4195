import { useIncus } from "@pixels/incus-backend";
import { checkMachine, checkServer, type Finding, readMachineFacts } from "@pixels/incus-host";
import { readConfig, type SessionOptions, toIncusOptions } from "./compose.ts";

/** What `incus admin init` and `pixels setup` call theirs. */
const USUAL_BRIDGE = "incusbr0";

/** Looks at the server that the configuration names, and at this machine where it is here. Rejects with CONFIG_INVALID or CAPABILITY_UNSUPPORTED. */
export async function examine(options: SessionOptions): Promise<readonly Finding[]> {
  const { env, signal } = options;
  const { config } = await readConfig(options);
  const { image, imageServer, pool, network } = config.defaults;
  const incus = toIncusOptions(config, env);
  const local = config.incus.remote === undefined;
  const { findings, bridge } = await checkServer({
    call: (work) => useIncus(incus, work),
    image,
    imageServer,
    pool,
    network,
    local,
    project: config.incus.project,
    signal,
  });
  if (!local) return findings;
  return [...findings, ...checkMachine(await readMachineFacts({ signal }), bridge ?? USUAL_BRIDGE)];
}
