import { expect } from "vitest";
import { shell } from "../../command.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { expectSuccess } from "../../exec-errors.ts";
import type { SandboxPreparer } from "../../prepare.ts";
import type { SandboxSource } from "../../sandbox.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { listMatching } from "./lifecycle.ts";

/** One that does nothing but what a scenario says. */
function preparing(parts: Partial<SandboxPreparer>): SandboxPreparer {
  return {
    check: () => Promise.resolve(),
    identify: () => Promise.resolve(),
    provision: () => Promise.resolve({}),
    ...parts,
  };
}

async function expectNothingLeft(context: ScenarioContext, name: string): Promise<void> {
  expect(await listMatching(context, (info) => info.name === name)).toEqual([]);
}

/** What is done to a sandbox before it is handed out. */
export const preparation = {
  "prepare:in-order": async (context) => {
    const { newName, image, client } = context;
    const name = newName();
    const seen: string[] = [];
    const phases: string[] = [];
    const prepare = preparing({
      async check() {
        seen.push("check");
        await expectNothingLeft(context, name);
      },
      async identify(sandbox) {
        seen.push("identify");
        await expect(sandbox.exec(["true"])).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
      },
      async provision(sandbox, _request, { onProgress }) {
        seen.push("provision");
        onProgress?.("a step");
        expectSuccess(await sandbox.exec(shell('echo provisioned >"$HOME/mark"'), { root: true }));
        expect((await sandbox.info()).status).toBe("creating");
        expect(await client.collectAbandoned()).not.toContain(name);
        return {};
      },
    });
    const onProgress = (phase: string): void => void phases.push(phase);
    const source = { kind: "image", image } as const;
    const sandbox = await context.clientWith(prepare).create({ name, source }, { onProgress });
    expect(seen).toEqual(["check", "identify", "provision"]);
    expect(phases).toContain("provisioning: a step");
    expect((await sandbox.info()).status).toBe("running");
    expect((await sandbox.exec(shell('cat "$HOME/mark"'))).stdout).toBe("provisioned\n");
    await sandbox.stop();
    await sandbox.start();
    expect(seen).toHaveLength(3);
  },

  "prepare:files": async ({ clientWith, newName, image }) => {
    const owner = { uid: 0, gid: 0 };
    const prepare = preparing({
      identify: ({ files }) => files.write("/etc/early", "early\n", { mode: 0o644, owner }),
      async provision(sandbox) {
        expect((await sandbox.exec(["cat", "/etc/early"])).stdout).toBe("early\n");
        return {};
      },
    });
    const source = { kind: "image", image } as const;
    const sandbox = await clientWith(prepare).create({ name: newName(), source });
    expect((await sandbox.exec(["cat", "/etc/early"])).stdout).toBe("early\n");
  },

  "prepare:account": async ({ clientWith, newName, image }) => {
    const prepare = preparing({ provision: () => Promise.resolve({ account: "daemon" }) });
    const source = { kind: "image", image } as const;
    const sandbox = await clientWith(prepare).create({ name: newName(), source });
    expect((await sandbox.info()).account).toBe("daemon");
    await sandbox.stop();
    await sandbox.start();
    expect((await sandbox.info()).account).toBe("daemon");
    expect((await sandbox.exec(["echo", "as root"], { root: true })).stdout).toBe("as root\n");
  },

  "prepare:without": async ({ clientWith, newName, image }) => {
    const seen: string[] = [];
    const prepare = preparing({
      check: async () => void seen.push("check"),
      identify: async () => void seen.push("identify"),
      async provision() {
        seen.push("provision");
        return {};
      },
    });
    const source = { kind: "image", image } as const;
    const sandbox = await clientWith(prepare).create({ name: newName(), source, provision: false });
    expect((await sandbox.exec(["echo", "alive"])).stdout).toBe("alive\n");
    expect(seen).toEqual([]);
  },

  "prepare:failed": async (context) => {
    const { clientWith, newName, image } = context;
    const failure = new Error("it cannot be");
    const fail = (): Promise<never> => Promise.reject(failure);
    for (const parts of [{ identify: fail }, { provision: fail }]) {
      const name = newName();
      const source = { kind: "image", image } as const;
      await expect(clientWith(preparing(parts)).create({ name, source })).rejects.toBe(failure);
      await expectNothingLeft(context, name);
    }
  },

  "prepare:aborted": async (context) => {
    const { clientWith, newName, image } = context;
    const reason = new Error("enough");
    for (const hook of ["check", "identify", "provision"] as const) {
      const name = newName();
      const controller = new AbortController();
      const hang = (): Promise<never> => {
        controller.abort(reason);
        return new Promise(() => {});
      };
      const source = { kind: "image", image } as const;
      const creating = clientWith(preparing({ [hook]: hang })).create(
        { name, source },
        { signal: controller.signal },
      );
      await expect(creating).rejects.toBe(reason);
      await expectNothingLeft(context, name);
    }
    const name = newName();
    const inTime = preparing({ provision: () => new Promise(() => {}) });
    const source = { kind: "image", image } as const;
    await expect(clientWith(inTime).create({ name, source }, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await expectNothingLeft(context, name);
  },

  "prepare:refused": async (context) => {
    const { client, clientWith, newName, image } = context;
    const name = newName();
    const source = { kind: "image", image } as const;
    const refusing = preparing({
      check: () => Promise.reject(new InvalidArgumentError("not this")),
      identify: () => expect.fail("it was called all the same"),
    });
    const willing = preparing({ identify: () => expect.fail("it was called all the same") });
    for (const [by, request, code] of [
      [client, { env: { A: "b" } }, "CAPABILITY_UNSUPPORTED"],
      [client, { provision: true }, "CAPABILITY_UNSUPPORTED"],
      [clientWith(refusing), {}, "INVALID_ARGUMENT"],
      [clientWith(willing), { env: { A: "b" }, provision: false }, "INVALID_ARGUMENT"],
      [clientWith(willing), { env: { "": "b" } }, "INVALID_ARGUMENT"],
      [clientWith(willing), { env: { "A=": "b" } }, "INVALID_ARGUMENT"],
      [clientWith(willing), { env: { A: "b\nc" } }, "INVALID_ARGUMENT"],
      [clientWith(willing), { env: { A: "\0" } }, "INVALID_ARGUMENT"],
      [clientWith(willing), { env: { A: "x".repeat(131_072) } }, "ARGUMENT_TOO_LONG"],
    ] as const)
      await expect(by.create({ name, source, ...request })).rejects.toMatchObject({ code });
    await expectNothingLeft(context, name);
  },

  "prepare:clone": async ({ clientWith, createSandbox, newName }) => {
    const first = await createSandbox();
    const source: SandboxSource = { kind: "sandbox", sandbox: first.name };
    const seen: string[] = [];
    const prepare = preparing({
      async identify(sandbox, request) {
        seen.push(`identify ${request.provision ?? true}`);
        await expect(sandbox.exec(["true"])).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
      },
      provision: () => expect.fail("a clone was provisioned"),
    });
    const clone = await clientWith(prepare).create({ name: newName(), source });
    expect((await clone.exec(["echo", "alive"])).stdout).toBe("alive\n");
    await clientWith(prepare).create({ name: newName(), source, provision: false });
    expect(seen).toEqual(["identify true", "identify false"]);
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
