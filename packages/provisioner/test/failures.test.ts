import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxFiles, SandboxPreparer } from "@pixels/core";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { incusBackend } from "@pixels/incus-backend";
import { createSandboxClient } from "@pixels/core";
import { createPreparer, type Provisioning, readProvisioning, waitForProvisioning } from "../src/index.ts";
import { createFor, image, openClient, readStates, run, runAs } from "./support/sandboxes.ts";

const owner = { uid: 0, gid: 0 };

/** Has something in the sandbox changed before it is started for the first time. */
function changing(
  change: (files: SandboxFiles) => Promise<void>,
): (prepare: SandboxPreparer) => SandboxPreparer {
  return (prepare) => ({
    ...prepare,
    async identify(sandbox, request, options) {
      await prepare.identify(sandbox, request, options);
      await change(sandbox.files);
    },
  });
}

/** A program of the sandbox's, in place of its own. */
async function replace(files: SandboxFiles, path: string, script: string): Promise<void> {
  await files.write(path, `#!/bin/sh\n${script}\n`, { mode: 0o755, owner });
}

describe("a step that fails", () => {
  test("is told with its log, skips what needs it, and leaves the sandbox usable", async () => {
    let told: Provisioning | undefined;
    const client = openClient(
      { onProvisioned: (_name, provisioning) => (told = provisioning) },
      changing((files) => replace(files, "/usr/sbin/useradd", "echo why it cannot be; exit 9")),
    );
    const sandbox = await createFor(client, "fail-account");
    expect((await sandbox.info()).account).toBe("root");
    expect(await runAs(sandbox, "id -un; pwd")).toBe("root\n/root\n");
    const account = { state: "failed", detail: "why it cannot be", log: "why it cannot be\n" };
    const read = await readProvisioning(sandbox);
    expect(read?.steps.find(({ id }) => id === "account")).toMatchObject(account);
    expect(told?.steps.find(({ id }) => id === "account")).toMatchObject(account);
    expect(await readStates(sandbox)).toMatchObject({ sudo: "skipped", packages: "done", sshd: "done" });
    expect(read?.steps.find(({ id }) => id === "sudo")?.detail).toBe("it needs account");
    await sandbox.stop();
    expect(await readProvisioning(sandbox)).toEqual(read);
  });

  test("lets those after it be done", async () => {
    const client = openClient(
      {},
      changing((files) => replace(files, "/usr/sbin/visudo", "exit 1")),
    );
    const sandbox = await createFor(client, "fail-sudo");
    expect((await sandbox.info()).account).toBe("pixel");
    expect(await readStates(sandbox)).toMatchObject({ account: "done", sudo: "failed", sshd: "done" });
    expect(await run(sandbox, "ls -A /etc/sudoers.d")).toBe("README\n");
  });

  test("may be an sshd that does not start: its log says why", async () => {
    const client = openClient(
      {},
      changing((files) => files.write("/etc/ssh/sshd_config.d/bad.conf", "NoSuchOption yes\n", { owner })),
    );
    const sandbox = await createFor(client, "fail-sshd");
    const step = (await readProvisioning(sandbox))?.steps.find(({ id }) => id === "sshd");
    expect(step).toMatchObject({ state: "failed", detail: "sshd does not start" });
    expect(step?.log).toContain("ssh.service");
    expect((await sandbox.info()).account).toBe("pixel");
  });

  test("may be one of files: what stands in the way stays, and the rest is done", async () => {
    const client = openClient({ env: { A: "b" } }, (prepare) => ({
      ...prepare,
      async identify(sandbox, request, options) {
        await sandbox.files.remove("/etc/environment");
        await sandbox.files.mkdir("/etc/environment", { owner });
        await prepare.identify(sandbox, request, options);
      },
    }));
    const sandbox = await createFor(client, "fail-files");
    const states = await readStates(sandbox);
    expect(states).toMatchObject({ environment: "failed", profile: "done", account: "done" });
    const step = (await readProvisioning(sandbox))?.steps.find(({ id }) => id === "environment");
    expect(step?.detail).toContain('"/etc/environment"');
  });
});

test("a sandbox in which no command can run is made, and says so", async () => {
  const client = openClient(
    {},
    changing((files) => files.remove("/usr/bin/setsid")),
  );
  const sandbox = await createFor(client, "fail-commands");
  expect(await readStates(sandbox)).toMatchObject({ identity: "done", account: "failed", sshd: "failed" });
  expect((await sandbox.info()).account).toBe("root");
});

test("what the script does not come to is told, as when something ends it", async () => {
  const client = openClient(
    {},
    changing((files) => replace(files, "/usr/sbin/useradd", "kill -9 -1")),
  );
  const sandbox = await createFor(client, "fail-killed");
  expect(await readStates(sandbox)).toMatchObject({ identity: "done", account: "failed", sshd: "failed" });
  expect(await runAs(sandbox, "echo usable")).toBe("usable\n");
});

test("the account that commands run as can neither read nor write what provisioning has told", async () => {
  const sandbox = await createFor(openClient(), "fail-lies");
  const folder = "/var/lib/pixels/provision";
  for (const script of [
    `cat ${folder}/record`,
    `echo x >>${folder}/record`,
    `mv ${folder} /tmp`,
    `mkdir /var/lib/pixels/x`,
    "mv /var/lib/pixels /tmp",
  ])
    expect((await sandbox.exec(["sh", "-c", script])).status.exitCode).not.toBe(0);
});

test("no value of a variable gets into a log, whatever prints it", async () => {
  const secret = "s3cr3t-Value.with[odd]*characters\\";
  let told: Provisioning | undefined;
  const client = openClient(
    { env: { TOKEN: secret, SHORT: "abc" }, onProvisioned: (_name, all) => (told = all) },
    changing(async (files) => {
      await files.remove("/usr/bin/tmux");
      await replace(
        files,
        "/usr/bin/apt-get",
        'echo "E: $TOKEN twice $TOKEN"; echo "abc$TOKEN" >&2; exit 100',
      );
    }),
  );
  const sandbox = await createFor(client, "fail-secret");
  const packages = told?.steps.find(({ id }) => id === "packages");
  expect(packages).toMatchObject({
    state: "failed",
    log: expect.stringContaining("[redacted] twice [redacted]"),
  });
  const all = await run(sandbox, "cat /var/lib/pixels/provision/*");
  expect(all).toContain("abc[redacted]");
  for (const text of [all, JSON.stringify(told), JSON.stringify(await readProvisioning(sandbox))])
    expect(text).not.toContain("s3cr3t");
});

describe("an abort", () => {
  test.each(["user pixel", "sudo, sshd and tmux"])(
    "at the step %j leaves nothing of the sandbox",
    async (step) => {
      const client = openClient(
        {},
        changing(async (files) => {
          await replace(files, "/usr/sbin/useradd", "sleep 600");
          if (step === "user pixel") return;
          await files.remove("/usr/bin/tmux");
          await replace(files, "/usr/sbin/useradd", "exit 1");
          await replace(files, "/usr/bin/apt-get", "exec sleep 600");
        }),
      );
      const name = "fail-aborted";
      const controller = new AbortController();
      const reason = new Error("enough");
      const creating = client.create(
        { name, source: image },
        {
          signal: controller.signal,
          onProgress(phase) {
            if (phase === `provisioning: ${step}`) controller.abort(reason);
          },
        },
      );
      await expect(creating).rejects.toBe(reason);
      const names: string[] = [];
      for await (const info of client.list()) names.push(info.name);
      expect(names).not.toContain(name);
    },
  );
});

test("an abort at any moment leaves nothing, and nothing of it is held against the name", async () => {
  const client = openClient({ env: { A: "b" } });
  const name = "fail-any-moment";
  for (let afterMs = 0; afterMs < 1000; afterMs += 100) {
    const reason = new Error("enough");
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), afterMs);
    const outcome = await client
      .create({ name, source: image }, { signal: controller.signal })
      .then((sandbox) => sandbox.destroy())
      .catch((error: unknown) => error);
    clearTimeout(timer);
    expect([undefined, reason]).toContain(outcome);
    const names: string[] = [];
    for await (const info of client.list()) names.push(info.name);
    expect(names).not.toContain(name);
  }
  expect(await runAs(await createFor(client, name), "echo $A")).toBe("b\n");
});

describe("waiting for provisioning", () => {
  test("lasts until the sandbox is handed out, and tells how far it is", async () => {
    const client = openClient(
      {},
      changing((files) =>
        replace(files, "/usr/sbin/visudo", "while [ ! -e /run/go-on ]; do sleep 0.05; done"),
      ),
    );
    const name = "fail-waits";
    onTestFinished(() => client.sandbox(name).destroy());
    let reached: (() => void) | undefined;
    const atSudo = new Promise<void>((resolve) => (reached = resolve));
    const onProgress = (phase: string): void => {
      if (phase === "provisioning: sudo without a password") reached?.();
    };
    const creating = client.create({ name, source: image }, { onProgress });
    const other = createSandboxClient({ backend: incusBackend({ socket: inject("incusSocket") }) });
    onTestFinished(() => other[Symbol.asyncDispose]());
    const sandbox = other.sandbox(name);
    const phases: string[] = [];
    await atSudo;
    expect(await readStates(sandbox)).toMatchObject({ sudo: "running", sshd: "pending" });
    const waiting = waitForProvisioning(sandbox, { onProgress: (phase) => void phases.push(phase) });
    await expect.poll(() => phases).toEqual(["provisioning"]);
    expect(await Promise.race([waiting, sleep(300)])).toBeUndefined();
    await run(sandbox, ": >/run/go-on");
    expect((await waiting)?.steps.find(({ id }) => id === "sudo")?.state).toBe("done");
    expect((await sandbox.info()).status).toBe("running");
    (await creating).release();
    expect((await waitForProvisioning(sandbox))?.steps.length).toBeGreaterThan(5);
    await expect(waitForProvisioning(other.sandbox("fail-nobody"))).rejects.toMatchObject({
      code: "SANDBOX_NOT_FOUND",
    });
  });
});

describe("what cannot be is refused beforehand", () => {
  test.each([
    [{ env: { A: "b#c" } }],
    [{ env: { "A-B": "c" } }],
    [{ env: { A: "b\nc" } }],
    [{ dns: ["localhost"] }],
    [{ authorizedKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"] }],
    [{ caCertificates: ["no certificate"] }],
    [{ caCertificates: ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] }],
    [{ npmRegistry: "ftp://example.org" }],
    [{ npmRegistry: "https://me:secret@example.org/" }],
  ])("%j", (options) => {
    expect(() => createPreparer(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("variables of the request too, and nothing is asked of the server", async () => {
    const client = createSandboxClient({
      backend: incusBackend({ socket: "/nonexistent" }),
      prepare: createPreparer(),
    });
    onTestFinished(() => client[Symbol.asyncDispose]());
    const failure = client.create({ name: "fail-env", source: image, env: { A: "b#secret" } });
    await expect(failure).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(failure).rejects.not.toThrow("secret");
  });
});
