import { afterAll, beforeAll, expect, test } from "vitest";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { useCli } from "./support/bundle.ts";
import { startTestbed, type Testbed } from "./support/own-daemon.ts";

// what is wrong with the machine itself is found in test/packages/host.test.ts, on one that may be spoilt
let daemon: Testbed;
const cli = useCli({});

beforeAll(async () => {
  daemon = await startTestbed({ poolBytes: 6 * 2 ** 30 });
}, 600_000);

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

interface Finding {
  readonly id: string;
  readonly status: string;
  readonly what: string;
  readonly mend: string | null;
}

const withDaemon = (env: Readonly<Record<string, string>> = {}) => ({
  env: { PIXELS_INCUS_SOCKET: daemon.socketPath, PIXELS_DEFAULT_IMAGE: "debian/12", ...env },
});

/** What the server tells. The rest is of the machine that the test runs on, whatever that is. */
const OF_SERVER = "server version pool storage space network filters kernel image".split(" ");

async function examine(env: Readonly<Record<string, string>> = {}) {
  const { code, stdout } = await cli.run(["doctor", "--json"], withDaemon(env));
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { code, findings, find: (id: string) => findings.find((finding) => finding.id === id) };
}

test("a server on which all is well has no problem, and every check has its finding", async () => {
  const { code, findings } = await examine();
  const problems = findings.filter(({ status }) => status === "problem");
  expect(problems.filter(({ id }) => OF_SERVER.includes(id))).toEqual([]);
  expect(code === 0).toBe(problems.length === 0);
  expect(findings.map(({ id }) => id)).toEqual(
    "server version pool storage space network filters kernel image service ids controllers apparmor forwarding".split(
      " ",
    ),
  );
});

test("as text each finding is a line, with what mends it below, and how it was checked with -v", async () => {
  const { stdout } = await cli.run(["doctor"], withDaemon());
  expect(stdout).toMatch(/^ok +server +Incus \S+ answers and lets this user in$/m);
  expect(stdout).not.toContain("checked:");
  const { stdout: more } = await cli.run(["doctor", "-v"], withDaemon());
  expect(more).toMatch(/^ok +server +Incus [^\n]*\n +checked: GET \/1\.0$/m);
});

test("no server is a problem with the code of a command, and what cannot be asked then is unknown", async () => {
  const { code, find } = await examine({ PIXELS_INCUS_SOCKET: "/nonexistent/unix.socket" });
  expect(code).toBe(27);
  expect(find("server")).toMatchObject({
    status: "problem",
    mend: expect.stringContaining("pixels setup") as string,
  });
  expect(find("pool")).toMatchObject({ status: "unknown" });
});

test.each([
  ["pool", "PIXELS_DEFAULT_POOL"],
  ["network", "PIXELS_DEFAULT_NETWORK"],
])("a %s that is not there is a problem, which names those that are", async (id, variable) => {
  const { code, find } = await examine({ [variable]: "nowhere" });
  expect(code).toBe(29);
  const finding = find(id);
  expect(finding).toMatchObject({ status: "problem" });
  const name = /: (\S+)$/.exec(finding?.mend ?? "")?.[1] ?? "";
  expect((await examine({ [variable]: name })).find(id)).toMatchObject({ status: "ok" });
});

test("an image that nobody has is a warning, and what it says mends it", async () => {
  await using api = openIncusApi({ socketPath: daemon.socketPath });
  const [image] = await api.images.list();
  await api.transport.request("DELETE", "/1.0/images/aliases/debian%2F12");
  const finding = (await examine()).find("image");
  expect(finding).toMatchObject({ status: "warning" });
  expect(finding?.mend).toContain("pixels image build debian/12");
  await cli.mustRun(["image", "build", "debian/12"], withDaemon());
  expect((await api.images.list()).map(({ fingerprint }) => fingerprint)).toEqual([image?.fingerprint]);
  expect((await examine()).find("image")).toMatchObject({ status: "ok" });
});

test("a pool that copies is a warning, and another pool mends it", async () => {
  await using api = openIncusApi({ socketPath: daemon.socketPath });
  await api.storagePools.create({ name: "copying", driver: "dir", config: {} });
  const finding = (await examine({ PIXELS_DEFAULT_POOL: "copying" })).find("storage");
  expect(finding).toMatchObject({ status: "warning" });
  expect(finding?.mend).toContain("defaults.pool");
  expect((await examine({ PIXELS_DEFAULT_POOL: "default" })).find("storage")).toMatchObject({
    status: "ok",
  });
});

test("a pool that fills is a warning, then a problem, and all is well once there is room", async () => {
  await cli.mustRun(["create", "hog", "--no-provision"], withDaemon());
  // room that is set aside is not written to
  const fill = async (megabytes: number) => {
    const script = `fallocate -l ${megabytes}M "$(mktemp /fill.XXXX)" && sync`;
    await cli.mustRun(["exec", "hog", "--", "sh", "-c", script], withDaemon());
  };
  const seen: (string | undefined)[] = [];
  await using api = openIncusApi({ socketPath: daemon.socketPath });
  const { used, total } = await api.storagePools.getSpace("default");
  // a warning comes below a fifth
  await fill(Math.floor((total * 0.75 - used) / 2 ** 20));
  for (let step = 0; step < 40 && seen.at(-1) !== "problem"; step++) {
    const { code, find } = await examine();
    const status = find("space")?.status;
    if (seen.at(-1) !== status) seen.push(status);
    if (status === "problem") expect(code).toBe(26);
    await fill(50);
  }
  expect(seen).toEqual(["ok", "warning", "problem"]);
  await cli.mustRun(["destroy", "hog", "--force"], withDaemon());
  // btrfs gives room back with its next commit, every 30 seconds
  await expect.poll(async () => (await examine()).find("space")?.status, { timeout: 90_000 }).toBe("ok");
});
