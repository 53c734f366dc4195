import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createSandboxClient, type OwnedSandbox, type SandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { openIncusApi } from "@pixels/incus-backend/rest";
import {
  ensureImage,
  findIncus,
  installTools,
  type PrivateIncus,
  startPrivateIncus,
} from "@pixels/incus-host";
import { afterAll, beforeAll, expect, test } from "vitest";

let first: PrivateIncus;
let second: PrivateIncus;
let client: SandboxClient;
let sandbox: OwnedSandbox;

beforeAll(async () => {
  await installTools();
  [first, second] = await Promise.all([startPrivateIncus(), startPrivateIncus()]);
  await using api = openIncusApi({ socketPath: first.socketPath });
  await ensureImage(api, "debian/12");
  client = createSandboxClient({ backend: incusBackend({ socket: first.socketPath }) });
  sandbox = await client.create({ name: "inside", source: { kind: "image", image: "debian/12" } });
}, 900_000);

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await Promise.all([first[Symbol.asyncDispose](), second[Symbol.asyncDispose]()]);
});

async function read(...command: [string, ...string[]]): Promise<string> {
  return (await sandbox.exec(command)).stdout.trim();
}

async function getAddress(): Promise<string> {
  const { addresses } = await sandbox.info();
  const address = addresses.find((candidate) => candidate.includes("."));
  if (address === undefined) throw new Error("the sandbox has no IPv4 address");
  return address;
}

test("two daemons at once have subnets of their own and do not see each other's instances", async () => {
  expect(first.bridgeAddress).not.toBe(second.bridgeAddress);
  await using other = openIncusApi({ socketPath: second.socketPath });
  expect(await other.instances.list()).toEqual([]);
  await using own = openIncusApi({ socketPath: first.socketPath });
  expect((await own.instances.list()).map(({ name }) => name)).toEqual(["px-inside"]);
});

test("one daemon's end does not disturb another", async () => {
  const third = await startPrivateIncus();
  await third[Symbol.asyncDispose]();
  expect((await sandbox.exec(["true"])).status.exitCode).toBe(0);
});

test("daemons that start at the same time all come up", async () => {
  const started = await Promise.allSettled(Array.from({ length: 6 }, () => startPrivateIncus()));
  for (const one of started) if (one.status === "fulfilled") await one.value[Symbol.asyncDispose]();
  expect(started.filter(({ status }) => status === "rejected")).toEqual([]);
}, 120_000);

test("this machine reaches a TCP port of a sandbox", async () => {
  const socket = connect(22, await getAddress());
  const [banner] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  expect(banner.toString()).toMatch(/^SSH-2\.0/);
});

test("a sandbox reaches the distribution's mirror by name", async () => {
  const result = await sandbox.exec(["apt-get", "update"]);
  expect(result.stderr).not.toContain("Failed to fetch");
  expect(result.status.exitCode).toBe(0);
});

test("a sandbox opens no connection to this machine over the link between them", async () => {
  const [a, b, c] = first.bridgeAddress.split(".");
  const linkAddress = `${a}.${b}.${Number(c) + 1}.1`;
  let connections = 0;
  const server = createServer(() => connections++).listen(0, linkAddress);
  await once(server, "listening");
  const listening = server.address();
  if (listening === null || typeof listening === "string") throw new Error("no port");
  const attempt = `exec 3<>/dev/tcp/${linkAddress}/${listening.port}`;
  const result = await sandbox.exec(["timeout", "2", "bash", "-c", attempt]);
  server.close();
  expect(result.status.exitCode).not.toBe(0);
  expect(connections).toBe(0);
});

test("the image is stock: no account of ours, an own host key, a name of its own", async () => {
  expect(await read("sh", "-c", "getent passwd | grep -c ':1000:' || true")).toBe("0");
  expect(await read("hostname")).toBe("px-inside");
  expect(await read("sh", "-c", "ls /etc/ssh/ssh_host_*.pub")).toBe("/etc/ssh/ssh_host_ed25519_key.pub");
  expect(await read("bash", "-c", "type -P tmux sshd sudo | wc -l")).toBe("3");
});

test("a daemon that is named is found, and one without storage is refused with its reason", async () => {
  const { found } = await findIncus({ env: { INCUS_SOCKET: first.socketPath } });
  expect(found?.socketPath).toBe(first.socketPath);
  const { refused } = await findIncus({ env: { INCUS_DIR: "/nowhere" } });
  expect(refused[0]).toEqual({
    socketPath: "/nowhere/unix.socket",
    kind: "absent",
    reason: "there is no such socket",
    lacks: [],
  });
});
