import { expect, test } from "vitest";
import type { HostFacts } from "./host-facts.ts";
import { planSetup, type SetupPlan } from "./plan-setup.ts";

/** Debian with systemd and nothing of Incus. */
const bare: HostFacts = {
  root: true,
  user: undefined,
  osRelease: { id: "debian", codename: "bookworm", prettyName: "Debian GNU/Linux 12 (bookworm)" },
  hasApt: true,
  serviceManager: true,
  missingPackages: ["incus-base", "incus-client"],
  backports: { suite: "bookworm-backports", text: "Types: deb\n" },
  ids: [{ path: "/etc/subuid", root: [], end: 4_294_967_295 }],
  incus: { found: undefined, refused: [] },
  loopBtrfs: true,
  freeBytes: 100 * 2 ** 30,
  usedSubnets: [],
};
const socketPath = "/run/incus/unix.socket";
const ready: HostFacts = { ...bare, incus: { found: { socketPath, version: "6.0.4" }, refused: [] } };

function ids(plan: SetupPlan): readonly string[] | string {
  return plan.possible ? plan.steps.map(({ id }) => id) : plan.reason;
}

test.each<[string, Partial<HostFacts>, readonly string[]]>([
  ["nothing", {}, ["source", "ids", "packages", "service", "pool", "network", "profile"]],
  [
    "all but a daemon that runs",
    { missingPackages: [], backports: undefined, ids: [] },
    ["service", "pool", "network", "profile"],
  ],
  [
    "a daemon without a pool",
    {
      incus: { found: undefined, refused: [{ socketPath, kind: "incomplete", reason: "", lacks: ["pool"] }] },
    },
    ["pool", "profile"],
  ],
  ["somebody who is to use it", { ...ready, user: { name: "ann", mayUseIncus: false } }, ["user"]],
  [
    "a daemon that does not let somebody in",
    {
      root: false,
      user: { name: "ann", mayUseIncus: false },
      incus: { found: undefined, refused: [{ socketPath, kind: "closed", reason: "", lacks: [] }] },
      usedSubnets: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    },
    ["user"],
  ],
  ["everything", ready, []],
  ["everything, and nothing that could be a service", { ...ready, serviceManager: false }, []],
  [
    "everything, for whoever may use it already",
    { ...ready, root: false, user: { name: "ann", mayUseIncus: false } },
    [],
  ],
])("with %s the steps are %j", (_what, facts, steps) => {
  expect(ids(planSetup({ ...bare, ...facts }))).toEqual(steps);
});

test.each<[string, Partial<HostFacts>, RegExp]>([
  ["systemd", { serviceManager: false }, /no systemd/],
  ["apt", { hasApt: false }, /no apt/],
  ["enough ids", { ids: [{ path: "/etc/subuid", root: [], end: 65_536 }] }, /too few user ids/],
  [
    "a free subnet",
    { usedSubnets: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] },
    /every private subnet/,
  ],
])("without %s nothing is done", (_what, facts, reason) => {
  expect(planSetup({ ...bare, ...facts })).toMatchObject({
    possible: false,
    reason: expect.stringMatching(reason) as string,
  });
});

function poolCommand(facts: Partial<HostFacts>): string | undefined {
  const plan = planSetup({ ...bare, ...facts });
  return plan.possible ? plan.steps.find(({ id }) => id === "pool")?.command : undefined;
}

test("the pool is btrfs where it can be had, of half of what is free, else a folder", () => {
  expect(poolCommand({})).toContain("incus storage create local:default btrfs size=50GiB");
  expect(poolCommand({ freeBytes: 2 ** 30 })).toContain("size=5GiB");
  expect(poolCommand({ loopBtrfs: false })).toContain("incus storage create local:default dir");
});

test("a name of an account is quoted", () => {
  const plan = planSetup({ ...ready, user: { name: "CORP\\ann", mayUseIncus: false } });
  expect(plan.possible ? plan.steps[0]?.command : "").toBe(
    "usermod --append --groups incus-admin -- 'CORP\\ann'",
  );
});
