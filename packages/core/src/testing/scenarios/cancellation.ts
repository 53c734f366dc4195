import { getEventListeners } from "node:events";
import { expect } from "vitest";
import { shell } from "../../command.ts";
import { TimeoutError } from "../../exec-errors.ts";
import type { ExecOptions } from "../../exec.ts";
import type { Sandbox } from "../../sandbox.ts";
import { abortCreates } from "../aborted.ts";
import { countMarked, newMarker, untilMarked } from "../marked-processes.ts";
import type { RequirementId } from "../requirements.ts";
import type { Scenario } from "../scenario.ts";
import { listMatching } from "./lifecycle.ts";

/** Long enough for everything below to have started, also on a busy machine. */
const TIMEOUT_MS = 3000;

/** Runs a command whose descendants hide in every way there is; gives what became of it. `onStarted` is called when all of them are there. */
async function runHiding(
  sandbox: Sandbox,
  marker: string,
  parts: { options: ExecOptions; onStarted?: () => void },
): Promise<unknown> {
  const hidden = [
    `sleep ${marker}`,
    `setsid sleep ${marker}`,
    `(sleep ${marker} &)`,
    `(setsid sh -c "sleep ${marker} & exit" &)`,
    `env -i "$(command -v sleep)" ${marker}`,
    `sh -c "trap '' HUP INT TERM; sleep ${marker}; sleep ${marker}"`,
    `nohup sleep ${marker}`,
  ];
  if ((await sandbox.exec(shell("command -v sudo"))).status.exitCode === 0)
    hidden.push(`sudo -n sleep ${marker}`, `sudo -n setsid sleep ${marker}`);
  const script = shell([...hidden.map((line) => `${line} >/dev/null 2>&1 &`), "wait"].join("\n"));
  const failure = sandbox.exec(script, parts.options).then(
    () => expect.fail("the command ended by itself"),
    (error: unknown) => error,
  );
  await untilMarked(sandbox, marker, hidden.length);
  parts.onStarted?.();
  return await failure;
}

/** What happens to commands and creations that nobody wants any more. */
export const cancellation = {
  "cancellation:already-aborted": async (context) => {
    const { client, sandbox, newName } = context;
    const name = newName();
    const reason = { any: "value" };
    const signal = AbortSignal.abort(reason);
    const source = { kind: "image", image: context.image } as const;
    const { id, labels } = await sandbox.info();
    const calls = [
      () => client.create({ name, source }, { signal }),
      () => client.get(sandbox.name, { signal }),
      () => client.list({ signal })[Symbol.asyncIterator]().next(),
      () => client.collectAbandoned({ signal }),
      () => sandbox.info({ signal }),
      () => sandbox.update({ labels: { aborted: "yes" } }, { signal }),
      () => sandbox.exec(shell('echo x >"$HOME/aborted"'), { signal }),
      () => sandbox.spawn(shell('echo x >"$HOME/aborted"'), { signal }),
      () => sandbox.stop({ signal }),
      () => sandbox.start({ signal }),
      () => sandbox.destroy({ signal }),
    ];
    for (const call of calls) {
      const failure = await call().then(
        () => expect.fail("the call ignored its signal"),
        (error: unknown) => error,
      );
      expect(failure).toBe(reason);
    }
    expect(await listMatching(context, (info) => info.name === name)).toEqual([]);
    expect(await sandbox.info()).toMatchObject({ id, labels, status: "running" });
    expect((await sandbox.exec(shell('test -e "$HOME/aborted"'))).status.exitCode).toBe(1);
  },

  "cancellation:exec-kills-descendants": async ({ sandbox }) => {
    const marker = newMarker();
    const controller = new AbortController();
    const reason = new Error("enough");
    const options = { signal: controller.signal };
    expect(await runHiding(sandbox, marker, { options, onStarted: () => controller.abort(reason) })).toBe(
      reason,
    );
    expect(await countMarked(sandbox, marker)).toBe(0);
  },

  "cancellation:timeout-kills-descendants": async ({ sandbox }) => {
    const marker = newMarker();
    const failure = await runHiding(sandbox, marker, { options: { timeoutMs: TIMEOUT_MS } });
    expect(failure).toMatchObject({ code: "TIMEOUT" });
    expect(await countMarked(sandbox, marker)).toBe(0);
  },

  "cancellation:timeout-carries-output": async ({ sandbox }) => {
    const script = shell("echo out; echo err >&2; sleep 600");
    const failure: unknown = await sandbox.exec(script, { timeoutMs: 1500 }).catch((error: unknown) => error);
    if (!(failure instanceof TimeoutError)) throw failure;
    expect(failure).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(failure.result).toMatchObject({
      command: script,
      stdout: "out\n",
      stderr: "err\n",
      status: { exitCode: 137 },
    });
  },

  "cancellation:create-leaves-nothing": async (context) => {
    await abortCreates(context, { kind: "image", image: context.image });
    // what was refused to the name once is not held against it
    const name = context.newName();
    const source = { kind: "image", image: context.image } as const;
    const reason = new Error("enough");
    const controller = new AbortController();
    const creating = context.client.create(
      { name, source },
      { signal: controller.signal, onProgress: () => controller.abort(reason) },
    );
    await expect(creating).rejects.toBe(reason);
    const sandbox = await context.createSandbox({ name });
    expect((await sandbox.exec(["echo", "alive"])).stdout).toBe("alive\n");
  },

  "cancellation:no-listener-left": async ({ client, newName, image }) => {
    const { signal } = new AbortController();
    const name = newName();
    const sandbox = await client.create({ name, source: { kind: "image", image } }, { signal });
    await sandbox.info({ signal });
    await sandbox.exec(["true"], { signal, timeoutMs: 60_000, stdin: "unread" });
    await expect(sandbox.exec(["true"], { signal, cwd: "/no/such/directory" })).rejects.toMatchObject({
      code: "WORKING_DIRECTORY_NOT_FOUND",
    });
    await expect(sandbox.exec(["sleep", "600"], { signal, timeoutMs: 200 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    {
      await using process = await sandbox.spawn(["cat"], { signal });
      await process.write("text", { signal });
      await process.closeStdin({ signal });
      await process.wait({ signal });
    }
    {
      await using running = await sandbox.spawn(["sleep", "600"], { signal });
      expect(running.id).toBeTypeOf("string");
    }
    for await (const { name: listed } of client.list({ signal })) expect(listed).toBeTypeOf("string");
    await sandbox.stop({ signal });
    await sandbox.start({ signal });
    await sandbox.destroy({ signal });
    await expect(sandbox.info({ signal })).rejects.toMatchObject({ code: "SANDBOX_NOT_FOUND" });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  },
} as const satisfies Partial<Record<RequirementId, Scenario>>;
