import type { Finding } from "./finding.ts";
import { type CheckServerOptions, listNames, look, toMend, unknown } from "./server-report.ts";

const GIB = 2 ** 30;
const LITTLE_SPACE = 0.2;
/** A btrfs pool is full some 0.6 GiB before it says so (seen with one of 6 GiB), as it keeps room for its own. */
const NO_SPACE_BYTES = GIB;
const copyOnWrite = new Set(["btrfs", "zfs", "ceph"]);

/** The pool of new sandboxes: which, of what kind, and how full. */
export async function checkPool(options: CheckServerOptions): Promise<readonly Finding[]> {
  const { call, pool: named, signal } = options;
  const { pools, profile } = await call(async (api) => ({
    pools: await api.storagePools.list({ signal }),
    profile: await api.profiles.get("default", { signal }),
  }));
  const disk = Object.values(profile.devices).find(
    (device) => device["type"] === "disk" && device["path"] === "/",
  );
  const name = named ?? disk?.["pool"];
  const pool = pools.find((one) => one.name === name);
  const checked = named === undefined ? "the root disk of the default profile" : "defaults.pool";
  if (pool === undefined)
    return [
      {
        id: "pool",
        status: "problem",
        what:
          name === undefined ? "the default profile has no root disk" : `there is no storage pool "${name}"`,
        checked,
        mend:
          named === undefined
            ? toMend(options)
            : `name one that is there in defaults.pool: ${listNames(pools)}`,
        code: "BACKEND_MISCONFIGURED",
      },
      unknown("storage", "there is no pool"),
      unknown("space", "there is no pool"),
    ];
  const space = await look(["space"], options, async () => ({
    findings: [await checkSpace(pool.name, options)],
    bridge: undefined,
  }));
  return [
    { id: "pool", status: "ok", what: `new sandboxes are in the pool "${pool.name}"`, checked },
    checkDriver(pool),
    ...space.findings,
  ];
}

function checkDriver({ name, driver }: { readonly name: string; readonly driver: string }): Finding {
  const finding = { id: "storage", checked: `the driver of the pool "${name}"` } as const;
  if (copyOnWrite.has(driver))
    return { ...finding, status: "ok", what: `${driver} makes checkpoints and clones at once` };
  return {
    ...finding,
    status: "warning",
    what: `checkpoints and clones in a pool of the kind "${driver}" are whole copies: slow and large`,
    mend: "make another pool and name it in defaults.pool: incus storage create fast btrfs size=50GiB",
  };
}

async function checkSpace(
  name: string,
  { call, signal }: Pick<CheckServerOptions, "call" | "signal">,
): Promise<Finding> {
  const finding = { id: "space", checked: `what the pool "${name}" says of its room` } as const;
  const { used, total } = await call((api) => api.storagePools.getSpace(name, { signal }));
  const free = total - used;
  const what = `${formatGib(free)} of ${formatGib(total)} are free`;
  const mend = `destroy sandboxes and checkpoints that nobody needs, or grow the pool: incus storage set ${name} size=<size>`;
  if (free < NO_SPACE_BYTES) return { ...finding, status: "problem", what, mend, code: "CAPACITY_EXHAUSTED" };
  return free < total * LITTLE_SPACE
    ? { ...finding, status: "warning", what, mend }
    : { ...finding, status: "ok", what };
}

function formatGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
