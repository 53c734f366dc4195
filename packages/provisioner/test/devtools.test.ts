import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Sandbox, SandboxPreparer } from "@pixels/core";
import { describe, expect, test } from "vitest";
import { createPreparer, type ProvisionStep, readProvisioning, summarize } from "../src/index.ts";
import { createFor, image, openClient, readStates, run, runAs } from "./support/sandboxes.ts";

const owner = { uid: 0, gid: 0 };
const tools = ["node", "claude-code", "codex", "opencode", "pi", "fd", "ripgrep"];

/** In place of curl, from the first start on: what it is asked for decides what it writes to its `-o`. zmx is there already. */
function withCurl(script: string): (prepare: SandboxPreparer) => SandboxPreparer {
  const program = `#!/bin/sh\nfor word; do [ "$before" != -o ] || out=$word; before=$word url=$word; done\n${script}\n`;
  return (prepare) => ({
    ...prepare,
    async identify(sandbox, request, options) {
      await prepare.identify(sandbox, request, options);
      await sandbox.files.write("/usr/bin/curl", program, { mode: 0o755, owner });
      await sandbox.files.write("/usr/local/bin/zmx", "#!/bin/sh\n", { mode: 0o755, owner });
    },
  });
}

/** An installer of a mise that does what the script says with the tool it is asked for, and keeps it in its configuration. */
function miseThat(script: string): string {
  return `cat >"$out" <<'INSTALLER'
cat >"$MISE_INSTALL_PATH" <<'MISE'
#!/bin/sh
tool=\${3%@*}
${script}
echo "$tool = \\"latest\\"" >>$HOME/.config/mise/config.toml
MISE
chmod 755 "$MISE_INSTALL_PATH"
INSTALLER`;
}

async function untilSettled(sandbox: Sandbox, timeoutMs: number): Promise<readonly ProvisionStep[]> {
  const read = async () => (await readProvisioning(sandbox)) ?? { steps: [] };
  await expect
    .poll(async () => summarize(await read()), { timeout: timeoutMs, interval: 500 })
    .not.toBe("running");
  return (await read()).steps;
}

describe("the tools", () => {
  test("are installed in the background, each as a step of its own, and one that fails hides no other", async () => {
    const mise = miseThat(
      'case $tool in fd) echo "no fd: $TOKEN" >&2; exit 3 ;; ripgrep) until [ -e /tmp/go-on ]; do sleep 0.05; done ;; esac; id -un; pwd',
    );
    const env = { TOKEN: "a-secret-value" };
    const sandbox = await createFor(openClient({ devtools: true, env }, withCurl(mise)), "devtools-each");
    await expect.poll(async () => (await readStates(sandbox))["tool-ripgrep"]).toBe("running");
    expect(await readStates(sandbox)).toMatchObject({
      sshd: "done",
      "tool-mise": "done",
      "tool-fd": "failed",
    });
    await runAs(sandbox, ": >/tmp/go-on");
    const steps = await untilSettled(sandbox, 15_000);
    const states = Object.fromEntries(steps.map(({ id, state }) => [id, state]));
    for (const tool of tools)
      expect({ tool, state: states[`tool-${tool}`] }).toEqual({
        tool,
        state: tool === "fd" ? "failed" : "done",
      });
    expect(steps.find(({ id }) => id === "tool-fd")).toMatchObject({
      detail: "no fd: [redacted]",
      log: "no fd: [redacted]\n",
      startedAt: expect.any(Date),
      endedAt: expect.any(Date),
    });
    // by the account, in its home, with the list of what there is and is not
    expect(await run(sandbox, "cat /var/lib/pixels/provision/tool-node.log")).toBe("pixel\n/home/pixel\n");
    const config = await runAs(
      sandbox,
      "cat .config/mise/config.toml; stat -c %U .config/mise/config.toml .local/bin/mise",
    );
    expect(config).toMatch(
      /\[tools\]\n# fd = "latest"\nnode = "latest"\n(.*\n)*ripgrep = "latest"\npixel\npixel\n$/,
    );
    expect((await sandbox.jobs.list()).map(({ state }) => state)).toEqual(["exited"]);

    // another go does what is missing, and nothing else
    const second =
      "#!/bin/sh\necho $3 >>/tmp/again\necho 'fd = \"latest\"' >>$HOME/.config/mise/config.toml\n";
    await sandbox.files.write("/home/pixel/.local/bin/mise", second, { mode: 0o755 });
    await run(sandbox, "sh /var/lib/pixels/provision/devtools");
    expect(await run(sandbox, "cat /tmp/again")).toBe("fd@latest\n");
    expect(Object.values(await readStates(sandbox))).not.toContain("failed");
  });

  test("that were being installed when the sandbox was stopped, cloned or its installer killed are told so", async () => {
    const mise = miseThat("case $tool in node) ;; *) sleep 1000 ;; esac");
    const client = openClient({ devtools: true }, withCurl(mise));
    const sandbox = await createFor(client, "devtools-stopped");
    await expect.poll(async () => (await readStates(sandbox))["tool-claude-code"]).toBe("running");
    const clone = await createFor(client, "devtools-cloned", {
      source: { kind: "sandbox", sandbox: sandbox.name },
    });
    const interrupted = { "tool-node": "done", "tool-claude-code": "failed", "tool-fd": "failed" };
    expect(await readStates(clone)).toMatchObject(interrupted);
    expect(await readStates(sandbox)).toMatchObject({ "tool-claude-code": "running", "tool-fd": "pending" });
    await sandbox.stop({ graceMs: 1 });
    expect(await readStates(sandbox)).toMatchObject(interrupted);
    await sandbox.start();
    expect(await readStates(sandbox)).toMatchObject(interrupted);
    const step = (await readProvisioning(sandbox))?.steps.find(({ id }) => id === "tool-fd");
    expect(step?.detail).toContain("interrupted");
    expect(await run(sandbox, "pgrep -xc sleep || true")).toBe("0\n");

    const job = await sandbox.jobs.start(["sh", "/var/lib/pixels/provision/devtools"], { root: true });
    await expect.poll(async () => (await readStates(sandbox))["tool-claude-code"]).toBe("running");
    await sandbox.jobs.signal(job.id, "KILL");
    expect(await readStates(sandbox)).toMatchObject(interrupted);
  });

  test("are not installed without mise, and it is told why", async () => {
    const about = `cat >"$out" <<'ABOUT'
{"dist": {"integrity": "sha512-${Buffer.alloc(64).toString("base64")}", "tarball": "https://registry.test/mise.tgz"}}
ABOUT`;
    const script = `case $url in *mise.run*) echo "curl: nobody there" >&2; exit 6 ;; *latest) ${about}
      ;; *) echo other >"$out" ;; esac`;
    const client = openClient(
      { devtools: true, npmRegistry: "https://registry.test/npm/" },
      withCurl(script),
    );
    const steps = await untilSettled(await createFor(client, "devtools-forged"), 15_000);
    expect(steps.find(({ id }) => id === "tool-mise")).toMatchObject({
      state: "failed",
      detail: "what the npm registry gave is not the mise that it tells of",
      log: expect.stringContaining("nobody there"),
    });
    expect(steps.find(({ id }) => id === "tool-node")).toMatchObject({
      state: "skipped",
      detail: "it needs mise",
    });
  });

  test("come for real from npm where that is what can be reached", async () => {
    // what this machine gets its own packages by
    const { stdout } = await promisify(execFile)("npm", ["config", "get", "registry"]);
    const bundle = process.env["NODE_EXTRA_CA_CERTS"] ?? "/etc/ssl/certs/ca-certificates.crt";
    const options = {
      devtools: true,
      npmRegistry: stdout.trim(),
      caCertificates: [await readFile(bundle, "utf8")],
    };
    const sandbox = await createFor(openClient(), "devtools-real");
    await run(
      sandbox,
      `export DEBIAN_FRONTEND=noninteractive
       apt-get update -qq && apt-get install -qq -y --no-install-recommends nodejs npm >/dev/null && sync`,
    );
    await sandbox.stop();
    const request = { name: sandbox.name, source: image };
    const prepare = createPreparer(options);
    await prepare.identify(sandbox, request, {});
    await sandbox.start();
    await prepare.provision(sandbox, request, {});
    const steps = await untilSettled(sandbox, 180_000);
    const byId = new Map(steps.map((step) => [step.id, step]));
    expect(byId.get("tool-mise")).toMatchObject({ state: "done" });
    expect(byId.get("tool-codex")).toMatchObject({ state: "done" });
    expect(await runAs(sandbox, "codex --version")).toMatch(/^codex-cli \d/);
    expect(await run(sandbox, "su -l pixel -c 'codex --version'")).toMatch(/^codex-cli \d/);
    // whether the others' own sites can be reached is the network's affair; each says what became of it
    for (const tool of tools) {
      const step = byId.get(`tool-${tool}`);
      expect(["done", "failed"]).toContain(step?.state);
      if (step?.state === "failed")
        expect(step).toMatchObject({
          log: expect.stringContaining(tool),
          detail: expect.stringMatching(/./),
        });
    }
  }, 300_000);
});
