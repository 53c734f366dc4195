import { fromInstanceName, INSTANCE_PREFIX } from "../names.ts";
import { describeUnknownBase, shippedBases, checkBaseGraph } from "./bases.ts";
import type { PixelsConfig } from "./config.ts";
import type { ConfigOrigin } from "./origin.ts";
import { contradiction } from "./problems.ts";

/** Checks what no key can check alone. Throws CONFIG_INVALID. */
export function checkTogether(config: PixelsConfig, originOf: (key: string) => ConfigOrigin): void {
  const { incus, mcp } = config;
  const pairs = [
    ["incus.client_cert", incus.clientCert, "incus.client_key", incus.clientKey],
    ["mcp.tls_cert", mcp.tlsCert, "mcp.tls_key", mcp.tlsKey],
  ] as const;
  for (const [one, oneValue, other, otherValue] of pairs) {
    if ((oneValue === undefined) === (otherValue === undefined)) continue;
    const [there, missing] = oneValue === undefined ? [other, one] : [one, other];
    throw contradiction(
      { key: there, origin: originOf(there) },
      `needs ${JSON.stringify(missing)} beside it`,
      `set ${missing} too`,
    );
  }
  if (mcp.auth === "none" && !isLoopback(mcp.listenAddr))
    throw contradiction(
      { key: "mcp.auth", origin: originOf("mcp.auth") },
      `is "none" while "mcp.listen_addr" is ${JSON.stringify(mcp.listenAddr)}; expected "token" beyond loopback`,
      "listen on 127.0.0.1 or a unix socket, or use tokens",
    );
  for (const name of Object.keys(mcp.bases))
    if (fromInstanceName(`${INSTANCE_PREFIX}${mcp.basePrefix}${name}`) === undefined)
      throw contradiction(
        { key: `mcp.bases.${name}`, origin: originOf("mcp.bases") },
        `gives ${JSON.stringify(INSTANCE_PREFIX + mcp.basePrefix + name)}, which is not a name for an instance`,
        "use a shorter name; prefixes included, 63 characters fit",
      );
  checkBaseGraph(mcp.bases, originOf("mcp.bases"));
  const known = [...Object.keys(shippedBases), ...Object.keys(mcp.bases)];
  const unknown = Object.keys(mcp.warm).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw contradiction(
      { key: "mcp.warm", origin: originOf("mcp.warm") },
      describeUnknownBase(unknown, known),
      "declare that base or name another one",
    );
}

function isLoopback(listenAddress: string): boolean {
  return /^(?:unix:|localhost:|127(?:\.\d{1,3}){3}:|\[::1\]:)/.test(listenAddress);
}
