import { once } from "node:events";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { endIncusd, startIncusd, startTestbed, type Testbed } from "./support/own-daemon.ts";
import { connectHere, failToConnect, readToEnd } from "./support/tcp.ts";

const cli = useCli({ PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-outage";
const server = `use Socket; $SIG{CHLD} = 'IGNORE'; open STDOUT, '>', '/run/port';
socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in(0, INADDR_LOOPBACK)); listen($s, 9);
syswrite(STDOUT, (sockaddr_in(getsockname $s))[0]);
exit if fork;
while (accept(my $c, $s)) { if (!fork) { while (sysread($c, my $d, 999)) { syswrite($c, $d) } exit } close $c }`;

let daemon: Testbed;
let options: { readonly env: Readonly<Record<string, string>> };

beforeAll(async () => {
  daemon = await startTestbed({ restartable: true });
  options = { env: { PIXELS_INCUS_SOCKET: daemon.socketPath } };
  await cli.mustRun(["create", name], options);
  await cli.mustRun(["exec", name, "--", "perl", "-e", server], options);
}, 600_000);

afterAll(async () => {
  await cli.run(["destroy", "--force", name], options);
  await daemon[Symbol.asyncDispose]();
});

test("outlives an outage of the server: what was open is broken off and told, and what comes afterwards gets through", async () => {
  const { stdout: port } = await cli.mustRun(["exec", name, "--", "cat", "/run/port"], options);
  const { child, sees, result } = cli.start(["forward", name, `0:${port}`], options);
  onTestFinished(async () => {
    child.kill("SIGINT");
    await result;
  });
  const local = Number(/:(\d+) ->/.exec(await sees("stdout", "\n"))?.[1]);
  const open = await connectHere(local);
  open.write("before");
  await once(open, "data");

  const failing = once(open, "error");
  await endIncusd(daemon, { processSignal: "SIGKILL" });
  expect(await failing).toMatchObject([{ code: "ECONNRESET" }]);
  await sees("stderr", `connection to port ${port} of sandbox "${name}" was lost`);
  expect(await failToConnect(local)).toBe("ECONNRESET");
  await sees("stderr", "does not answer");

  await startIncusd(daemon);
  const after = await connectHere(local);
  after.end("after");
  expect((await readToEnd(after)).toString()).toBe("after");
});
