/**
 * Subnets for a bridge in the order in which to try them, as `initScript` takes them: "A.B.C/A.B.D" stands for A.B.C.0/24 for sandboxes
 * and A.B.D.0/30 for the link to this machine. All are private (RFC 1918), in parts that home and office networks rarely use.
 */
export function bridgeSubnets(): readonly string[] {
  const networks = ["10.214", "10.215", "172.29", "172.28", "192.168"];
  return networks.flatMap((network) =>
    Array.from({ length: 64 }, (_, index) => `${network}.${64 + 2 * index}/${network}.${65 + 2 * index}`),
  );
}
