import { setTimeout as sleep } from "node:timers/promises";
import { createSandboxClient, type OwnedSandbox, PixelsError, type Sandbox, shell } from "@pixels/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { incusBackend } from "../../src/index.ts";
import { openIncusApi } from "../../src/rest/index.ts";
import { countSleepers, waitUntilEmpty } from "./support/inside.ts";
import { openProxy, type Proxy } from "./support/proxy.ts";

const socket = inject("incusSocket");
const direct = createSandboxClient({ backend: incusBackend({ socket, spareLaunchers: 0 }) });
let owned: OwnedSandbox;
let proxy: Proxy;
let client: ReturnType<typeof createSandboxClient>;
let sandbox: Sandbox;

beforeAll(async () => {
  owned = await direct.create({ name: "cut", source: { kind: "image", image: "debian/12" } });
});

afterAll(async () => {
  await owned[Symbol.asyncDispose]();
  await direct[Symbol.asyncDispose]();
});

beforeEach(async () => {
  proxy = await openProxy(socket);
  client = createSandboxClient({ backend: incusBackend({ socket: proxy.socketPath, spareLaunchers: 0 }) });
  sandbox = client.sandbox("cut");
  await sandbox.info();
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

const lost = { code: "CONNECTION_LOST" };

describe("a connection that is cut", () => {
  test("mid-output is CONNECTION_LOST, what came before is handed over, and the command is gone", async () => {
    await using process = await sandbox.spawn(shell("echo first; exec yes"));
    let text = "";
    for await (const { data } of process.output) {
      if (text === "") proxy.cutAll();
      text += Buffer.from(data.subarray(0, 10)).toString();
    }
    expect(text).toMatch(/^first\n/);
    await expect(process.wait()).rejects.toMatchObject(lost);
    await waitUntilEmpty(owned);
  });

  test("while the command is silent is CONNECTION_LOST, and all of the command is gone", async () => {
    await using process = await sandbox.spawn(shell("setsid sleep 8101 & sleep 8101; exit 0"));
    await expect.poll(() => countSleepers(owned, "8101")).toBe(2);
    proxy.cutAll();
    await expect(process.wait()).rejects.toMatchObject(lost);
    await expect.poll(() => countSleepers(owned, "8101"), { timeout: 10_000 }).toBe(0);
    await waitUntilEmpty(owned);
  });

  test.each(["stdout", "stderr", "wait"])(
    "of the %s alone is CONNECTION_LOST, and the command is gone",
    async (part) => {
      await using process = await sandbox.spawn(shell("sleep 8102; exit 0"));
      await expect.poll(() => countSleepers(owned, "8102")).toBe(1);
      const [, stdout, stderr] = proxy.websockets;
      if (part === "wait") expect(proxy.cut(/\/wait/)).toBe(1);
      else (part === "stdout" ? stdout : stderr)?.();
      await expect(process.wait()).rejects.toMatchObject(lost);
      await waitUntilEmpty(owned);
    },
  );

  test("at any moment of a short command gives the whole result or CONNECTION_LOST, never another one", async () => {
    const outcomes = { whole: 0, lost: 0 };
    for (let moment = 0; moment < 60; moment++) {
      const run = sandbox.exec(shell("printf whole; exit 3"), { timeoutMs: 30_000 });
      run.catch(() => {});
      await sleep(moment);
      proxy.cutAll();
      try {
        const { status, stdout } = await run;
        expect({ exitCode: status.exitCode, stdout }).toEqual({ exitCode: 3, stdout: "whole" });
        outcomes.whole++;
      } catch (error) {
        expect(error).toMatchObject(lost);
        outcomes.lost++;
      }
    }
    expect(outcomes.lost).toBeGreaterThan(0);
    expect(outcomes.whole).toBeGreaterThan(0);
    await waitUntilEmpty(owned);
  });

  test("and comes back carries the next command of the same client", async () => {
    proxy.cutAll();
    proxy.setMode("hangUp");
    await expect(sandbox.exec(["true"])).rejects.toMatchObject(lost);
    await expect(sandbox.info()).rejects.toMatchObject(lost);
    proxy.setMode("pass");
    expect((await sandbox.exec(["echo", "again"])).stdout).toBe("again\n");
  });
});

describe("a connection that gives no answer", () => {
  test("does not hold up a command past its time-out", async () => {
    const run = sandbox.exec(["sleep", "8103"], { timeoutMs: 1500 });
    run.catch(() => {});
    await expect.poll(() => countSleepers(owned, "8103")).toBe(1);
    proxy.setMode("blackhole");
    await expect(run).rejects.toMatchObject({ code: "TIMEOUT" });
    // what the client dropped has ended the command
    await waitUntilEmpty(owned);
  });

  test("does not hold up a command that is only being started, nor a call that is aborted", async () => {
    proxy.setMode("blackhole");
    await expect(sandbox.exec(["true"], { timeoutMs: 300 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const reason = new Error("enough");
    const abort = new AbortController();
    const list = client.get("cut", { signal: abort.signal });
    abort.abort(reason);
    await expect(list).rejects.toBe(reason);
  });

  test("does not hold up a look at the server for ever", async () => {
    await using api = openIncusApi({ socketPath: proxy.socketPath, answerTimeoutMs: 200 });
    expect(await api.instances.list()).not.toEqual([]);
    proxy.setMode("blackhole");
    await expect(api.instances.list()).rejects.toMatchObject({ errno: "ETIMEDOUT" });
    // what waits for a command's end may wait longer
    proxy.setMode("pass");
    const operation = await api.instanceExec.run("px-cut", { command: ["sleep", "0.6"] });
    expect((await api.operations.wait(operation)).metadata?.["return"]).toBe(0);
  });

  test("does not hold up the end of the client", async () => {
    const process = await sandbox.spawn(["sleep", "8104"]);
    proxy.setMode("blackhole");
    await client[Symbol.asyncDispose]();
    await expect(process.wait()).rejects.toMatchObject(lost);
    await waitUntilEmpty(owned);
  });
});

test("the output of a command that has ended before this process could read anything comes whole", async () => {
  // the streams are asked for in the order of their numbers
  proxy.holdBack(1);
  // more than is read at once, and not more than a socket holds
  const { status, stdoutBytes } = await sandbox.exec(shell("head -c 150000 /dev/zero; exit 4"));
  expect({ exitCode: status.exitCode, length: stdoutBytes.length }).toEqual({ exitCode: 4, length: 150_000 });
});

test("a connection to the files that is cut before anything was asked is made anew", async () => {
  const asking = sandbox.files.stat("/etc");
  asking.catch(() => {});
  // the server takes longer to begin than this does to see the request
  while (proxy.cut(/\/sftp /) === 0) await sleep(0);
  expect((await asking).kind).toBe("directory");
});

test("a slow connection changes nothing but the time", async () => {
  proxy.setDelay(20);
  const input = "x".repeat(300_000);
  const { status, stdout } = await sandbox.exec(shell("cat; exit 9"), { stdin: input });
  expect(status.exitCode).toBe(9);
  expect(stdout === input).toBe(true);
});

test("an abort while the connection is cut rejects with the abort's reason", async () => {
  const reason = new Error("stop");
  const abort = new AbortController();
  const run = sandbox.exec(["sleep", "8105"], { signal: abort.signal });
  run.catch(() => {});
  await expect.poll(() => countSleepers(owned, "8105")).toBe(1);
  abort.abort(reason);
  proxy.cutAll();
  await expect(run).rejects.toBe(reason);
  expect(PixelsError.is(reason)).toBe(false);
  await waitUntilEmpty(owned);
});
