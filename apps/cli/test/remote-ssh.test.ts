import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { keep, makeKey, runWith } from "./support/ssh.ts";
import { findFreePort } from "./support/tcp.ts";

/** What editors and file programs do by ssh, with the real ones of OpenSSH. */
const cli = useCli({
  PIXELS_INCUS_SOCKET: inject("incusSocket"),
  PIXELS_DEFAULT_IMAGE: "debian/12",
  PIXELS_PROVISION_ENABLED: "true",
  PIXELS_PROVISION_DEVTOOLS: "false",
});
const name = "cli-remote-ssh";
const host = `px-${name}`;
let block: string;

beforeAll(async () => {
  const env = { PIXELS_SSH_KEY: await makeKey(join(cli.home, "key")) };
  await cli.mustRun(["create", name], { env });
  block = (await cli.mustRun(["ssh-config", name], { env })).stdout;
});

afterAll(async () => void (await cli.run(["destroy", "--force", name])));

describe("files", () => {
  test.each([
    ["by SFTP", []],
    ["by the protocol of old", ["-O"]],
  ])("go there and back with scp, %s", async (_by, flags) => {
    const [from, to] = [join(cli.home, "sent"), join(cli.home, "back")];
    await writeFile(from, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    expect(await runWith(cli, block, ["scp", ...flags, from, `${host}:there`])).toMatchObject({ code: 0 });
    expect(await runWith(cli, block, ["scp", ...flags, `${host}:there`, to])).toMatchObject({ code: 0 });
    expect(await readFile(to)).toEqual(await readFile(from));
    const { stdout } = await cli.mustRun(["exec", name, "--", "stat", "-c", "%n %U %s", "there"]);
    expect(stdout).toBe("there pixel 256\n");
  });

  test("are listed by sftp", async () => {
    const result = await runWith(cli, block, ["sftp", "-b", "-", host], {}, "pwd\nls -1 /etc/passwd\n");
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\/home\/pixel\n(.*\n)*\/etc\/passwd/),
    });
  });
});

test("an editor's way in: a script on stdin, without a terminal, and connections by the SOCKS proxy beside it", async () => {
  const port = await findFreePort();
  const child = spawn("ssh", ["-F", await keep(cli, block), "-T", "-D", String(port), host, "bash"], {
    env: cli.env,
  });
  onTestFinished(() => void child.kill());
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said += text));
  // as an editor installs its server: the script is long, tells where it is, and stays for as long as the window
  child.stdin.write(`#${"x".repeat(70_000)}\nid -un; pwd; uname -sm; echo "listening on 22"; exec cat\n`);
  await expect
    .poll(() => said)
    .toBe("pixel\n/home/pixel\nLinux x86_64\nlistening on 22\n".replace("x86_64", machine()));
  expect(await readBanner(port, 22)).toMatch(/^SSH-2\.0-OpenSSH/);
  child.stdin.write("still there\n");
  await expect.poll(() => said).toContain("still there\n");
  // ssh says yes before it has asked
  await expect(readBanner(port, 1)).rejects.toThrow("hung up");
  child.stdin.end();
  expect(await endOf(child)).toBe(0);
});

function machine(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

/** What a server on a port of the sandbox says first, by way of a SOCKS 5 proxy here (RFC 1928). */
async function readBanner(proxyPort: number, port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: proxyPort });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let pending = Buffer.alloc(0);
  const take = async (bytes: number): Promise<Buffer> => {
    while (pending.length < bytes) {
      const { done, value } = await chunks.next();
      if (done === true) throw new Error("the proxy has hung up");
      pending = Buffer.concat([pending, value]);
    }
    const taken = pending.subarray(0, bytes);
    pending = pending.subarray(bytes);
    return taken;
  };
  socket.write(Buffer.from([5, 1, 0]));
  expect([...(await take(2))]).toEqual([5, 0]);
  socket.write(Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]));
  expect((await take(10))[1]).toBe(0);
  const banner = (await take(20)).toString();
  // ssh does not end before its connections have
  socket.destroy();
  return banner;
}
