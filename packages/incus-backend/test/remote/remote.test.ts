import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import { createSandboxClient, type SandboxClient, shell } from "@pixels/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { incusBackend, type IncusBackendOptions } from "../../src/index.ts";
import { endIncusd, startIncusd } from "../robustness/support/own-daemon.ts";
import { makeIdentity, revoke, trust } from "./support/certificates.ts";
import { type RemoteDaemon, startRemoteDaemon } from "./support/remote-daemon.ts";
import { openTcpProxy } from "./support/tcp-proxy.ts";

const source = { kind: "image", image: "debian/12" } as const;
let daemon: RemoteDaemon;
let client: SandboxClient;

beforeAll(async () => {
  daemon = await startRemoteDaemon();
  client = createSandboxClient({ backend: incusBackend(daemon.options) });
  await client.create({ name: "there", source });
}, 600_000);

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of iterable) found.push(one);
  return found;
}

/** Runs a program in the network of the daemon alone. */
async function inDaemonNetwork(...command: readonly string[]): Promise<void> {
  const { pid } = daemon.testbed.daemon;
  await promisify(execFile)("nsenter", ["--target", String(pid), "--net", ...command]);
}

/** What listing over this connection fails with. */
async function failWith(options: IncusBackendOptions): Promise<unknown> {
  await using other = createSandboxClient({ backend: incusBackend({ ...daemon.options, ...options }) });
  return await collect(other.list()).then(
    () => "it works",
    (error: unknown) => error,
  );
}

describe("over TLS", () => {
  test("commands have their streams and exit codes, many at once, and files go both ways", async () => {
    const sandbox = client.sandbox("there");
    const runs = Array.from({ length: 30 }, (_, index) =>
      sandbox.exec(shell(`cat; echo error ${index} >&2; exit ${index}`), { stdin: `input ${index}` }),
    );
    for (const [index, run] of runs.entries()) {
      const { stdout, stderr, status } = await run;
      expect([stdout, stderr, status.exitCode]).toEqual([`input ${index}`, `error ${index}\n`, index]);
    }
    const content = Buffer.alloc(3_000_000, "some content");
    await sandbox.files.write("/srv/file", content);
    const { stdout } = await sandbox.exec(["sha256sum", "/srv/file"]);
    const back = await collect(await sandbox.files.read("/srv/file"));
    expect(Buffer.concat(back).equals(content)).toBe(true);
    expect(stdout.split(" ")[0]).toBe(createHash("sha256").update(content).digest("hex"));
  });

  test("the same from an address without scheme and port", async () => {
    expect(await failWith({ remote: daemon.host })).toBe("it works");
  });

  test("a connection that is cut mid-output and while silent is CONNECTION_LOST, and nothing of the command is left", async () => {
    await using proxy = await openTcpProxy(daemon);
    await using through = createSandboxClient({
      backend: incusBackend({ ...daemon.options, remote: proxy.address, spareLaunchers: 0 }),
    });
    const sandbox = through.sandbox("there");
    for (const script of [
      "echo first; setsid sleep 8301 & exec yes",
      "echo first; setsid sleep 8301 & sleep 8301",
    ]) {
      await using process = await sandbox.spawn(shell(script));
      let text = "";
      for await (const { data } of process.output) {
        if (text === "") proxy.cutAll();
        text ||= Buffer.from(data.subarray(0, 6)).toString();
      }
      expect(text).toBe("first\n");
      await expect(process.wait()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
      await expect
        .poll(async () => (await client.sandbox("there").exec(["pgrep", "-fx", "sleep 8301"])).stdout)
        .toBe("");
    }
  });

  test("a network that swallows everything is CONNECTION_LOST too, and the client goes on afterwards", async () => {
    // a launcher that waits would be lost in the same way, and with it the next command
    const backend = incusBackend({ ...daemon.options, spareLaunchers: 0 });
    await using other = createSandboxClient({ backend });
    const sandbox = other.sandbox("there");
    await using process = await sandbox.spawn(["sleep", "8302"]);
    await inDaemonNetwork("nft", "add table inet cut");
    try {
      const hook = "{ type filter hook input priority -300; }";
      await inDaemonNetwork("nft", `add chain inet cut input_ ${hook}`);
      await inDaemonNetwork("nft", `add rule inet cut input_ tcp dport ${daemon.port} drop`);
      await expect(process.wait()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    } finally {
      await inDaemonNetwork("nft", "delete table inet cut");
    }
    expect((await sandbox.exec(["echo", "back"])).stdout).toBe("back\n");
  });
});

describe("a server that is not the one", () => {
  test("another certificate than the pinned one is BACKEND_UNAUTHORIZED, and names both", async () => {
    const { clientCert } = await makeIdentity(daemon.folder, "not-the-server");
    expect(await failWith({ serverCert: clientCert })).toMatchObject({
      code: "BACKEND_UNAUTHORIZED",
      message: expect.stringMatching(/another certificate.*SHA-256 [\dA-F:]{95} and not [\dA-F:]{95}/),
      next: expect.stringContaining("find out why"),
    });
  });

  test("a certificate that nobody vouches for is BACKEND_UNAUTHORIZED", async () => {
    expect(await failWith({ serverCert: undefined })).toMatchObject({
      code: "BACKEND_UNAUTHORIZED",
      message: expect.stringContaining("cannot be verified"),
      next: expect.stringContaining("incus.server_cert"),
    });
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "nothing is sent to one that shows another certificate, nor when it is asked again (%s)",
    async (maxVersion) => {
      const received: Buffer[] = [];
      const { clientCert, clientKey } = await makeIdentity(daemon.folder, "impostor");
      const server = createTlsServer(
        { cert: await readFile(clientCert), key: await readFile(clientKey), maxVersion },
        (socket) => socket.on("data", (data: Buffer) => received.push(data)).on("error", () => {}),
      ).listen(0, "127.0.0.1");
      try {
        await expect.poll(() => server.listening).toBe(true);
        const { port } = server.address() as AddressInfo;
        await using other = createSandboxClient({
          backend: incusBackend({ ...daemon.options, remote: `127.0.0.1:${port}` }),
        });
        // a session that it has handed out must not count as checked
        for (let count = 0; count < 3; count++)
          await expect(collect(other.list())).rejects.toMatchObject({ code: "BACKEND_UNAUTHORIZED" });
        expect(received).toEqual([]);
      } finally {
        server.close();
      }
    },
  );

  test("a host that is not there, a port that is closed, and what speaks no TLS are BACKEND_UNAVAILABLE", async () => {
    const server = createServer((socket) =>
      socket
        .on("error", () => {})
        .resume()
        .end("SSH-2.0-other\r\n"),
    ).listen(0, "127.0.0.1");
    await expect.poll(() => server.listening).toBe(true);
    const { port } = server.address() as AddressInfo;
    const next = expect.stringContaining("incus.remote");
    expect(await failWith({ remote: `127.0.0.1:${port}` })).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      next,
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await failWith({ remote: `127.0.0.1:${port}` })).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      message: expect.stringContaining(`127.0.0.1:${port} cannot be reached (ECONNREFUSED)`),
      next,
    });
    expect(await failWith({ remote: "pixels.invalid" })).toMatchObject({ code: "BACKEND_UNAVAILABLE", next });
  });
});

describe("a client that the server does not take", () => {
  test("one that it does not know is BACKEND_UNAUTHORIZED", async () => {
    expect(await failWith(await makeIdentity(daemon.folder, "stranger"))).toMatchObject({
      code: "BACKEND_UNAUTHORIZED",
      next: expect.stringContaining("incus config trust add-certificate"),
    });
  });

  test("one whose trust is taken back is refused at once, over connections that are open too", async () => {
    const identity = await makeIdentity(daemon.folder, "revoked");
    const pem = await readFile(identity.clientCert, "utf8");
    await trust(daemon.api, { pem });
    await using other = createSandboxClient({ backend: incusBackend({ ...daemon.options, ...identity }) });
    expect((await other.sandbox("there").exec(["echo", "in"])).stdout).toBe("in\n");
    await revoke(daemon.api, pem);
    await expect(other.sandbox("there").info()).rejects.toMatchObject({ code: "BACKEND_UNAUTHORIZED" });
  });

  test("files that cannot be used are BACKEND_MISCONFIGURED, and say which", async () => {
    const { clientCert, clientKey } = await makeIdentity(daemon.folder, "files");
    const garbage = join(daemon.folder, "garbage");
    await writeFile(garbage, "no certificate", { mode: 0o600 });
    const missing = join(daemon.folder, "missing");
    const open = join(daemon.folder, "open.key");
    await writeFile(open, await readFile(clientKey));
    await chmod(open, 0o644);
    const cases: [IncusBackendOptions, string][] = [
      [{ clientCert: missing }, `incus.client_cert: cannot read ${missing} (ENOENT)`],
      [{ clientKey: missing }, `incus.client_key: cannot read ${missing} (ENOENT)`],
      [{ serverCert: missing }, `incus.server_cert: cannot read ${missing} (ENOENT)`],
      [{ serverCert: garbage }, `incus.server_cert: ${garbage} is no certificate`],
      [{ clientCert: garbage, clientKey }, "are no certificate and its private key"],
      [{ clientCert, clientKey: garbage }, "are no certificate and its private key"],
      // of two pairs
      [{ clientCert }, "are no certificate and its private key"],
      [{ clientCert, clientKey: open }, `incus.client_key: everybody may read ${open}`],
    ];
    for (const [options, message] of cases)
      expect(await failWith(options)).toMatchObject({
        code: "BACKEND_MISCONFIGURED",
        message: expect.stringContaining(message),
      });
  });
});

describe("a project", () => {
  beforeAll(async () => {
    const config = { "features.images": "false", "features.profiles": "false" };
    await daemon.api.transport.request("POST", "/1.0/projects", { body: { name: "team", config } });
  });

  test("has its own sandboxes, over TLS and the unix socket", async () => {
    await using team = createSandboxClient({ backend: incusBackend({ ...daemon.options, project: "team" }) });
    await using owned = await team.create({ name: "mine", source });
    await owned.files.write("/srv/here", "the team's");
    expect((await owned.exec(["cat", "/srv/here"])).stdout).toBe("the team's");
    await owned.stop();
    await owned.start();
    await owned.snapshots.create("one");
    await using local = createSandboxClient({
      backend: incusBackend({ socket: daemon.testbed.socketPath, project: "team" }),
    });
    expect((await collect(local.list())).map(({ name }) => name)).toEqual(["mine"]);
    expect((await local.sandbox("mine").exec(["hostname"])).stdout).toBe("px-mine\n");
    await expect(client.sandbox("mine").info()).rejects.toMatchObject({ code: "SANDBOX_NOT_FOUND" });
  });

  test("that shares a network with another has no sandbox of the same name, and nothing half made", async () => {
    await using team = createSandboxClient({ backend: incusBackend({ ...daemon.options, project: "team" }) });
    await expect(team.create({ name: "there", source })).rejects.toMatchObject({
      code: "SANDBOX_ALREADY_EXISTS",
      message: expect.stringContaining("another project"),
    });
    expect(await collect(team.list())).toEqual([]);
  });

  test("that is not there is BACKEND_MISCONFIGURED, also where the server lists nothing", async () => {
    const failure = { code: "BACKEND_MISCONFIGURED", next: expect.stringContaining("incus.project") };
    await using nowhere = createSandboxClient({
      backend: incusBackend({ ...daemon.options, project: "nowhere" }),
    });
    await expect(collect(nowhere.list())).rejects.toMatchObject(failure);
    await expect(nowhere.sandbox("there").info()).rejects.toMatchObject(failure);
    await expect(nowhere.sandbox("there").exec(["true"])).rejects.toMatchObject(failure);
    await expect(nowhere.create({ name: "new", source })).rejects.toMatchObject(failure);
  });

  test("is all that a client that is restricted to it needs", async () => {
    const identity = await makeIdentity(daemon.folder, "member");
    await trust(daemon.api, { pem: await readFile(identity.clientCert, "utf8"), projects: ["team"] });
    await using member = createSandboxClient({
      backend: incusBackend({ ...daemon.options, ...identity, project: "team" }),
    });
    // it is not shown what other projects' sandboxes have, and must still get an address of its own
    const made = await Promise.all([
      member.create({ name: "first", source }),
      member.create({ name: "second", source }),
    ]);
    const infos = await Promise.all([client.sandbox("there"), ...made].map((one) => one.info()));
    expect(new Set(infos.flatMap(({ addresses }) => addresses)).size).toBe(3);
    for (const one of made) {
      await one.files.write("/srv/file", "content");
      expect((await one.exec(["cat", "/srv/file"])).stdout).toBe("content");
      await one.destroy();
    }
  });

  test("that the client is not let into is BACKEND_UNAUTHORIZED", async () => {
    const identity = await makeIdentity(daemon.folder, "restricted");
    await trust(daemon.api, { pem: await readFile(identity.clientCert, "utf8"), projects: ["team"] });
    expect(await failWith({ ...identity, project: "team" })).toBe("it works");
    await using outside = createSandboxClient({ backend: incusBackend({ ...daemon.options, ...identity }) });
    const failure = { code: "BACKEND_UNAUTHORIZED", message: expect.stringContaining("project") };
    await expect(collect(outside.list())).rejects.toMatchObject(failure);
    await expect(outside.sandbox("there").info()).rejects.toMatchObject(failure);
    await expect(outside.sandbox("there").exec(["true"])).rejects.toMatchObject(failure);
  });
});

describe("options that cannot be meant are INVALID_ARGUMENT", () => {
  test.each([
    [{ socket: "/run/incus/unix.socket" }, "two servers"],
    [{ clientKey: undefined }, "needs a client certificate and its key"],
    [{ remote: undefined }, "for a remote server, and none is named"],
    [{ remote: "http://host:8443" }, "is no address"],
    [{ remote: "https://host:8443/1.0" }, "is no address"],
    [{ remote: "https://user@host" }, "is no address"],
    [{ remote: "host:port" }, "is no address"],
    [{ remote: "" }, "is no address"],
  ])("%j", (options, message) => {
    expect(() => incusBackend({ ...daemon.options, ...options })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });
});

// last: the daemon is another one afterwards
test("a server whose certificate was changed is refused from then on, by clients that knew it before too", async () => {
  expect((await client.sandbox("there").exec(["echo", "before"])).stdout).toBe("before\n");
  const { clientCert, clientKey } = await makeIdentity(daemon.folder, "changed");
  const state = dirname(daemon.testbed.socketPath);
  await endIncusd(daemon.testbed, { processSignal: "SIGKILL" });
  await writeFile(join(state, "server.crt"), await readFile(clientCert));
  await writeFile(join(state, "server.key"), await readFile(clientKey));
  await startIncusd(daemon.testbed);
  await expect(client.sandbox("there").exec(["true"])).rejects.toMatchObject({
    code: "BACKEND_UNAUTHORIZED",
    message: expect.stringContaining("another certificate"),
  });
  expect(await failWith({ serverCert: clientCert })).toBe("it works");
});
