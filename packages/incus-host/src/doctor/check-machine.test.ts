import { expect, test } from "vitest";
import { checkMachine } from "./check-machine.ts";
import type { Finding } from "./finding.ts";
import type { MachineFacts } from "./machine-facts.ts";

/** A machine on which all is well. */
const well: MachineFacts = {
  serviceManager: true,
  socketUnit: "enabled",
  ids: [
    { path: "/etc/subuid", root: [{ start: 1_000_000, count: 1_000_000_000 }], end: 4_294_967_295 },
    { path: "/etc/subgid", root: [{ start: 1_000_000, count: 1_000_000_000 }], end: 4_294_967_295 },
  ],
  controllers: ["cpu", "memory", "pids"],
  apparmor: true,
  forwardChains: [],
};

function check(change: Partial<MachineFacts>, id: Finding["id"]): Finding | undefined {
  return checkMachine({ ...well, ...change }, "incusbr0").find((finding) => finding.id === id);
}

test("a machine on which all is well has nothing to mend", () => {
  for (const finding of checkMachine(well, "incusbr0")) {
    expect(finding).toMatchObject({ status: "ok" });
    expect(finding.mend).toBeUndefined();
  }
});

test.each<[Finding["id"], Partial<MachineFacts>, Finding["status"], RegExp]>([
  ["service", { serviceManager: false, socketUnit: undefined }, "warning", /incusd/],
  ["service", { socketUnit: "disabled" }, "warning", /^systemctl enable --now incus\.socket/],
  ["controllers", { controllers: ["cpu", "pids"] }, "problem", /cgroup_enable=memory$/],
  ["apparmor", { apparmor: false }, "warning", /apparmor=1/],
  ["forwarding", { forwardChains: undefined }, "unknown", /^sudo pixels doctor$/],
  [
    "ids",
    { ids: [{ path: "/etc/subuid", root: [], end: 4_294_967_295 }] },
    "problem",
    /echo root:1000000:1000000000 >>\/etc\/subuid; systemctl restart incus$/,
  ],
  [
    "ids",
    {
      ids: [{ path: "/etc/subgid", root: [{ start: 1_000_000, count: 1_000_000_000 }], end: 1_000_000_000 }],
    },
    "problem",
    /echo root:1000000:999000000 >>\/etc\/subgid/,
  ],
  ["ids", { ids: [{ path: "/etc/subuid", root: [], end: 65_536 }] }, "problem", /^give this machine/],
])("%s with %j is found", (id, change, status, mend) => {
  const finding = check(change, id);
  expect(finding).toMatchObject({ status, mend: expect.stringMatching(mend) as string });
  expect(finding?.code !== undefined).toBe(status === "problem");
});

const drops = { family: "ip", table: "filter", chain: "FORWARD" } as const;
const table = (rules: string, more = ""): string =>
  `table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n${rules}\t}\n${more}}\n`;

test("a firewall that drops what is forwarded is found, unless it lets the bridge through both ways", () => {
  expect(check({ forwardChains: [{ ...drops, rules: table("") }] }, "forwarding")).toMatchObject({
    status: "problem",
    mend: "nft insert rule ip filter FORWARD iifname incusbr0 accept; nft insert rule ip filter FORWARD oifname incusbr0 accept",
  });
  const one = '\t\tiifname "incusbr0" counter accept\n';
  expect(check({ forwardChains: [{ ...drops, rules: table(one) }] }, "forwarding")).toMatchObject({
    status: "problem",
  });
  const both = `${one}\t\toifname "incusbr0" accept\n`;
  expect(check({ forwardChains: [{ ...drops, rules: table(both) }] }, "forwarding")).toMatchObject({
    status: "ok",
  });
});

test.each([
  [
    "of another chain",
    table("", '\tchain INPUT {\n\t\tiifname "incusbr0" accept\n\t\toifname "incusbr0" accept\n\t}\n'),
  ],
  [
    "on a condition",
    table('\t\tiifname "incusbr0" ct state established accept\n\t\toifname "incusbr0" accept\n'),
  ],
  ["of another bridge", table('\t\tiifname "incusbr01" accept\n\t\toifname "incusbr01" accept\n')],
])("an accept %s does not count", (_what, rules) => {
  expect(check({ forwardChains: [{ ...drops, rules }] }, "forwarding")).toMatchObject({ status: "problem" });
});

test("accepts of a chain that it jumps to count", () => {
  const user =
    '\tchain DOCKER-USER {\n\t\tiifname "incusbr0" accept\n\t\toifname "incusbr0" counter packets 3 bytes 252 accept\n\t}\n';
  const rules = table("\t\tcounter packets 0 bytes 0 jump DOCKER-USER\n", user);
  expect(check({ forwardChains: [{ ...drops, rules }] }, "forwarding")).toMatchObject({ status: "ok" });
});

test("where Docker runs, the rules go where it keeps those of others", () => {
  const rules = table("\t\tjump DOCKER-USER\n", "\tchain DOCKER-USER {\n\t}\n");
  expect(check({ forwardChains: [{ ...drops, rules }] }, "forwarding")?.mend).toMatch(
    /^nft insert rule ip filter DOCKER-USER iifname/,
  );
});
