import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeIdentity } from "../../../packages/incus-backend/test/remote/support/certificates.ts";
import {
  type RemoteDaemon,
  startRemoteDaemon,
} from "../../../packages/incus-backend/test/remote/support/remote-daemon.ts";
import { openTcpProxy } from "../../../packages/incus-backend/test/remote/support/tcp-proxy.ts";
import { useCli } from "./support/bundle.ts";

const cli = useCli();
let daemon: RemoteDaemon;
let config: string;

/** A configuration file for that server, with these lines in place of the usual ones. */
async function writeConfig(name: string, change: Readonly<Record<string, string>> = {}): Promise<string> {
  const { remote, clientCert, clientKey, serverCert } = daemon.options;
  const lines = {
    remote,
    client_cert: clientCert,
    client_key: clientKey,
    server_cert: serverCert,
    ...change,
  };
  const path = join(daemon.folder, name);
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  await writeFile(path, `[incus]\n${text.join("")}`);
  return path;
}

beforeAll(async () => {
  daemon = await startRemoteDaemon();
  config = await writeConfig("config.toml");
  await cli.mustRun(["create", "away", "--image", "debian/12", "--config", config]);
}, 600_000);

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

test("a command on a remote server has its streams and its exit code, and files go both ways", async () => {
  const args = ["exec", "--config", config, "away", "--", "sh", "-c", "cat; echo error >&2; exit 7"];
  expect(await cli.run(args, { stdin: "in" })).toMatchObject({ code: 7, stdout: "in", stderr: "error\n" });
  const file = join(daemon.folder, "file");
  await writeFile(file, "content");
  await cli.mustRun(["push", "--config", config, "away", file, "/srv/"]);
  await cli.mustRun(["pull", "--config", config, "away", "/srv/file", join(daemon.folder, "back")]);
  expect(await readFile(join(daemon.folder, "back"), "utf8")).toBe("content");
});

test("a connection that is cut mid-exec exits with 125, never with 0", async () => {
  await using proxy = await openTcpProxy(daemon);
  const through = await writeConfig("proxy.toml", { remote: proxy.address });
  for (const script of ["echo begun; exec sleep 60", "echo begun; exec yes"]) {
    const run = cli.start(["exec", "--config", through, "away", "--", "sh", "-c", script]);
    await run.sees("stdout", "begun");
    proxy.cutAll();
    const { code, stderr } = await run.result;
    expect(code).toBe(125);
    expect(stderr).toMatch(/^pixels: [^\n]*connection[^\n]*\n$/);
  }
});

test("what cannot be used is told in one line, and with -v the key is in none of them", async () => {
  const { clientKey } = await makeIdentity(daemon.folder, "other");
  const changed = await writeConfig("changed.toml", { client_key: clientKey });
  const { code, stderr } = await cli.run(["list", "-v", "--config", changed]);
  expect(code).toBe(29);
  expect(stderr).toContain(`${clientKey} are no certificate and its private key`);
  const [, secret = ""] = (await readFile(clientKey, "utf8")).split("\n");
  expect(secret.length).toBeGreaterThan(40);
  expect(stderr).not.toContain(secret.slice(0, 20));
});
