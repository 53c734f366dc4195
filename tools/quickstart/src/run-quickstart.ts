import { randomBytes } from "node:crypto";
import { createSandboxClient, expectSuccess, type Sandbox } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { openIncusApi } from "@pixels/incus-backend/rest";
import { ensureImage } from "@pixels/incus-host";
import { chooseIncus } from "./choose-incus.ts";
import { KEPT_LABELS } from "./end-kept.ts";
import { howToKeepUsing, howToMakePermanent } from "./next-steps.ts";
import type { Steps } from "./steps.ts";

const IMAGE = "debian/12";

export interface QuickstartOptions {
  readonly steps: Steps;
  /** Leave the sandbox, and the daemon if it is ours, and say what reaches them. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

/** The main job once: a sandbox from an image, a command in it, and nothing left afterwards. */
export async function runQuickstart({ steps, keep, signal }: QuickstartOptions): Promise<void> {
  steps.say("> looking for an Incus daemon");
  await using incus = await chooseIncus({ steps, keep, signal });
  await steps.run(`seeing to the image "${IMAGE}"`, async (onProgress) => {
    await using api = openIncusApi({ socketPath: incus.socketPath });
    await ensureImage(api, IMAGE, { onProgress, signal });
  });

  const name = `quickstart-${randomBytes(3).toString("hex")}`;
  await using client = createSandboxClient({ backend: incusBackend({ socket: incus.socketPath }) });
  await using sandbox = await steps.run(`creating the sandbox "${name}"`, (onProgress) =>
    client.create(
      { name, source: { kind: "image", image: IMAGE }, labels: keep ? KEPT_LABELS : {} },
      { onProgress, signal },
    ),
  );
  await lookAround(sandbox, steps, signal);

  if (keep) {
    sandbox.release();
    incus.release();
    steps.say(howToKeepUsing(name, incus.socketPath));
  } else {
    await steps.run("removing the sandbox", () => sandbox.destroy({ signal }));
  }
  steps.say(await howToMakePermanent(incus.embedded));
}

async function lookAround(sandbox: Sandbox, steps: Steps, signal: AbortSignal): Promise<void> {
  const { addresses } = await sandbox.info({ signal });
  const osRelease = expectSuccess(await sandbox.exec(["cat", "/etc/os-release"], { signal })).stdout;
  const prettyName = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? "an unknown system";
  steps.say(`    it runs    ${prettyName}`);
  steps.say(`    address    ${addresses.join(", ")}`);
  const command = ["uname", "-nrm"] as const;
  const result = expectSuccess(await sandbox.exec(command, { signal }));
  steps.say(`    $ ${command.join(" ")}`);
  steps.say(`    ${result.stdout.trimEnd()}`);
  steps.say(`    exit code ${result.status.exitCode} after ${Math.round(result.durationMs)} ms`);
}
