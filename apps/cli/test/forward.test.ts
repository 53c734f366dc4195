import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { useCli } from "./support/bundle.ts";
import { connectHere, failToConnect, findFreePort, listenHere, readToEnd } from "./support/tcp.ts";

const cli = useCli({ PIXELS_INCUS_SOCKET: inject("incusSocket"), PIXELS_DEFAULT_IMAGE: "debian/12" });
const name = "cli-forward";

beforeAll(async () => {
  await cli.mustRun(["create", name]);
});

afterAll(async () => {
  await cli.run(["destroy", "--force", name]);
});

/** Servers for the sandbox. Each says its port on a line, then serves each connection in a process of its own. */
const servers = {
  echo: "while (sysread($c, my $d, 65536)) { print $c $d }",
  /** Answers once the client has ended its direction. */
  afterwards: "local $/; my $all = <$c>; print $c 'had ', length $all",
  /** Ends its direction at once, then reads on and tells how much there was on its stdout. */
  early:
    "print $c 'early'; shutdown($c, 1); local $/; my $all = <$c>; syswrite(STDOUT, 'had '.length($all).qq(\\n))",
  http: String.raw`while (<$c>) { last if /^\r\n$/ } print $c "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"`,
  /** Breaks the connection off. */
  reset: "sysread($c, my $d, 10); setsockopt($c, 1, 13, pack('ii', 1, 0))",
  /** Sends 200 MB, and says after each that it was sent. */
  flood: "for my $n (1..200) { print $c qq(\\0) x 1000000; syswrite(STDOUT, qq($n\\n)) }",
  /** Keeps it, and reads nothing. */
  silent: "sleep 3600",
} as const;

function toPerl(body: string): string {
  return `
    use Socket; $SIG{CHLD} = 'IGNORE'; $| = 1;
    socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in(0, INADDR_LOOPBACK)); listen($s, 128);
    print((sockaddr_in(getsockname $s))[0], qq(\\n));
    while (accept(my $c, $s)) { if (!fork) { select($c); $| = 1; select(STDOUT); ${body}; exit } close $c }`;
}

/** A server in the sandbox until the test is over. */
async function serveInside(kind: keyof typeof servers) {
  const exec = cli.start(["exec", "-n", name, "--", "perl", "-e", toPerl(servers[kind])]);
  onTestFinished(async () => {
    exec.child.kill("SIGTERM");
    await exec.result;
  });
  return { port: (await exec.sees("stdout", "\n")).trim(), exec };
}

/** `pixels forward` of these ports until the test is over; gives the ports here. */
async function startForward(...ports: readonly string[]) {
  const forward = cli.start(["forward", "--json", name, ...ports.map((port) => `0:${port}`)]);
  onTestFinished(async () => {
    forward.child.kill("SIGINT");
    await forward.result;
  });
  const document = JSON.parse(await forward.sees("stdout", "\n")) as {
    readonly forwards: readonly { readonly local_port: number }[];
  };
  const [local = 0, ...more] = document.forwards.map(({ local_port }) => local_port);
  return { ...forward, document, local, locals: [local, ...more] };
}

async function forwardTo(kind: keyof typeof servers) {
  const { port, exec } = await serveInside(kind);
  return { ...(await startForward(port)), exec, port };
}

async function processesInside(): Promise<string> {
  return (await cli.mustRun(["exec", name, "--", "ps", "-eo", "args="])).stdout;
}

/** The relays among them. */
const relay = "my $port = shift;";

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The number that it gives once that does not change any more. */
async function settled(read: () => number): Promise<number> {
  let before = -1;
  await expect
    .poll(
      () => {
        const steady = read() === before;
        before = read();
        return steady;
      },
      { interval: 500 },
    )
    .toBe(true);
  return before;
}

describe("what is told", () => {
  test("a line for each port", async () => {
    const { child, sees, result } = cli.start(["forward", name, "0:80", "0:443"]);
    expect(await sees("stdout", ":443\n")).toMatch(
      /^127\.0\.0\.1:\d+ -> cli-forward:80\n127\.0\.0\.1:\d+ -> cli-forward:443\n$/,
    );
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, stderr: "" });
  });

  test("with --json one document", async () => {
    const { document } = await startForward("80", "443");
    expect(document).toEqual({
      schema: 1,
      forwards: [
        { address: "127.0.0.1", local_port: expect.any(Number), port: 80 },
        { address: "127.0.0.1", local_port: expect.any(Number), port: 443 },
      ],
    });
  });

  test("a port alone is the same one here", async () => {
    const port = await findFreePort();
    const { child, sees } = cli.start(["forward", name, String(port)]);
    onTestFinished(() => void child.kill("SIGINT"));
    expect(await sees("stdout", "\n")).toBe(`127.0.0.1:${port} -> ${name}:${port}\n`);
  });
});

describe("a connection", () => {
  test("is one to the server inside", async () => {
    const { local } = await forwardTo("http");
    const response = await fetch(`http://127.0.0.1:${local}/`);
    expect([response.status, await response.text()]).toEqual([200, "hello"]);
  });

  test("is one of many at once, to several ports", async () => {
    const [one, two] = [await serveInside("echo"), await serveInside("afterwards")];
    const { locals } = await startForward(one.port, two.port);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const data = randomBytes(50_000 + index);
        const socket = await connectHere(locals[index % 2] ?? 0);
        socket.end(data);
        const answer = await readToEnd(socket);
        return index % 2 === 0 ? answer.equals(data) : answer.toString() === `had ${data.length}`;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, () => true));
  });

  test("passes 20 MB on both ways as they are", async () => {
    const { local } = await forwardTo("echo");
    const data = randomBytes(20_000_000);
    const socket = await connectHere(local);
    socket.end(data);
    expect(sha256(await readToEnd(socket))).toBe(sha256(data));
  });

  test("that the client ends in its direction has the server's answer afterwards", async () => {
    const { local } = await forwardTo("afterwards");
    const socket = await connectHere(local);
    socket.end("question");
    expect((await readToEnd(socket)).toString()).toBe("had 8");
  });

  test("that the server ends in its direction takes what the client sends afterwards", async () => {
    const { local, exec } = await forwardTo("early");
    const socket = await connectHere(local);
    expect((await readToEnd(socket)).toString()).toBe("early");
    socket.end("afterwards");
    await exec.sees("stdout", "had 10\n");
  });

  test("that the server breaks off is broken off here", async () => {
    const { local } = await forwardTo("reset");
    const socket = await connectHere(local);
    const failing = once(socket, "error");
    socket.write("data");
    expect(await failing).toMatchObject([{ code: "ECONNRESET" }]);
  });

  test("that the client breaks off leaves nothing inside", async () => {
    const { local } = await forwardTo("silent");
    const socket = await connectHere(local);
    socket.write("data");
    await expect.poll(processesInside).toContain(relay);
    socket.resetAndDestroy();
    await expect.poll(processesInside).not.toContain(relay);
  });

  test("holds the client back while the server reads nothing, and no other connection", async () => {
    const { port } = await serveInside("silent");
    const { port: echo } = await serveInside("echo");
    const { locals } = await startForward(port, echo);
    const socket = await connectHere(locals[0] ?? 0);
    const chunk = Buffer.alloc(1_000_000);
    let sent = 0;
    const send = (): void => {
      do sent++;
      while (socket.write(chunk) && sent < 1000);
    };
    socket.on("drain", send);
    send();
    expect(await settled(() => sent)).toBeLessThan(64);
    const other = await connectHere(locals[1] ?? 0);
    other.end("other");
    expect((await readToEnd(other)).toString()).toBe("other");
  });

  test("holds the server back while the client reads nothing", async () => {
    const { local, exec } = await forwardTo("flood");
    const socket = await connectHere(local);
    await exec.sees("stdout", "1\n");
    let told = "";
    exec.child.stdout.on("data", (data: Buffer) => {
      told += data.toString();
    });
    expect(await settled(() => told.length)).toBeLessThan(4 * 64);
    expect((await readToEnd(socket)).length).toBe(200_000_000);
  });

  test("that finds nobody is closed, and told on a line; the next one may find somebody", async () => {
    const { local, child } = await startForward("1");
    let told = "";
    child.stderr.on("data", (data: Buffer) => {
      told += data.toString();
    });
    for (const times of [1, 2]) {
      expect(await failToConnect(local)).toBe("ECONNRESET");
      await expect.poll(() => told.split("\n").length - 1).toBe(times);
    }
    expect(JSON.parse(told.split("\n")[0] ?? "")).toMatchObject({
      schema: 1,
      error: { code: "PORT_CLOSED", message: `port 1 of sandbox "${name}": Connection refused` },
    });
  });
});

describe("the end", () => {
  test("by Ctrl-C is quiet, breaks the connections off and leaves nothing inside", async () => {
    const { port } = await serveInside("silent");
    const { local, child, result } = await startForward(port);
    const sockets = await Promise.all([1, 2, 3].map(() => connectHere(local)));
    const failing = Promise.all(sockets.map((socket) => once(socket, "error")));
    for (const socket of sockets) socket.write("data");
    await expect.poll(async () => (await processesInside()).split(relay).length - 1).toBe(3);
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, signal: null, stderr: "" });
    expect(await processesInside()).not.toContain(relay);
    expect(await failing).toMatchObject([1, 2, 3].map(() => [{ code: "ECONNRESET" }]));
  });

  test("by TERM has its exit code", async () => {
    const { child, result } = await startForward("80");
    child.kill("SIGTERM");
    expect(await result).toMatchObject({ code: 143, stderr: "" });
  });

  test.each(["stop", "destroy"])("comes with that of the sandbox by %s, and is told", async (action) => {
    const own = `cli-forward-${action}`;
    await cli.mustRun(["create", own]);
    onTestFinished(async () => void (await cli.run(["destroy", "--force", own])));
    const { child, sees, result } = cli.start(["forward", own, "0:80"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    await sees("stdout", "\n");
    await cli.mustRun(action === "stop" ? ["stop", own] : ["destroy", "--force", own]);
    // what is destroyed is stopped first
    expect(await result).toMatchObject({
      code: 14,
      stderr: `pixels: sandbox "${own}" was stopped; start it with: pixels start ${own}\n`,
    });
  });
});

describe("is refused", () => {
  test("where something listens on one of the ports already", async () => {
    const taken = await listenHere(() => {});
    expect(await cli.run(["forward", name, "0:80", `${taken}:80`])).toMatchObject({
      code: 41,
      stdout: "",
      stderr: expect.stringMatching(
        new RegExp(`:${taken}: something else listens on it already; name another`),
      ),
    });
  });

  test("of a sandbox that is not there, does not run, or has nothing to relay with", async () => {
    const own = "cli-forward-refused";
    for (const flags of [[], ["--stdio"]])
      expect(await cli.run(["forward", ...flags, own, "80"])).toMatchObject({ code: 12, stdout: "" });
    await cli.mustRun(["create", own]);
    onTestFinished(async () => void (await cli.run(["destroy", "--force", own])));
    await cli.mustRun(["exec", own, "--", "mv", "/usr/bin/perl", "/usr/bin/perl-away"]);
    for (const flags of [[], ["--stdio"]])
      expect(await cli.run(["forward", ...flags, own, "80"])).toMatchObject({
        code: 25,
        stdout: "",
        stderr: expect.stringContaining(`pixels exec --root ${own} -- apt-get install -y perl`),
      });
    await cli.mustRun(["stop", own]);
    for (const flags of [[], ["--stdio"]])
      expect(await cli.run(["forward", ...flags, own, "80"])).toMatchObject({
        code: 14,
        stdout: "",
        stderr: expect.stringContaining(`pixels start`),
      });
  });
});

describe("--stdio", () => {
  test("joins stdin and stdout with the port, to the end", async () => {
    const { port } = await serveInside("echo");
    const data = randomBytes(3_000_000);
    const { code, stdoutBytes, stderr } = await cli.run(["forward", "--stdio", name, port], { stdin: data });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(sha256(stdoutBytes)).toBe(sha256(data));
  });

  test("ends its stdout with the server, and takes what comes afterwards", async () => {
    const { port, exec } = await serveInside("early");
    const { child, result } = cli.start(["forward", "--stdio", name, port], { keepOpen: true });
    await once(child.stdout, "end");
    child.stdin.end("afterwards");
    await exec.sees("stdout", "had 10\n");
    expect(await result).toMatchObject({ code: 0, stdout: "early", stderr: "" });
  });

  test("tells that nobody listens, and that the connection was broken off", async () => {
    expect(await cli.run(["forward", "--stdio", name, "1"], { keepOpen: true })).toMatchObject({
      code: 40,
      stdout: "",
      stderr: expect.stringContaining("Connection refused"),
    });
    const { port } = await serveInside("reset");
    expect(await cli.run(["forward", "--stdio", name, port], { stdin: "data" })).toMatchObject({
      code: 22,
      stderr: expect.stringContaining("broke the connection off"),
    });
  });

  test("ends quietly with Ctrl-C, and leaves nothing inside", async () => {
    const { port } = await serveInside("silent");
    const { child, result } = cli.start(["forward", "--stdio", name, port], { keepOpen: true });
    await expect.poll(processesInside).toContain(relay);
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, stdout: "", stderr: "" });
    expect(await processesInside()).not.toContain(relay);
  });
});
