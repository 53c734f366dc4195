import { BackendUnauthorizedError } from "@pixels/core";
import {
  endKeptIncus,
  findIncus,
  findKeptIncus,
  installTools,
  isRoot,
  keepIncus,
  startPrivateIncus,
} from "@pixels/incus-host";
import type { Steps } from "./steps.ts";

/** The daemon to use; disposing ends it where it was started for this run alone. */
export interface ChosenIncus extends AsyncDisposable {
  readonly socketPath: string;
  /** Whether it is a daemon of our own, rather than one that somebody runs as a service. */
  readonly embedded: boolean;
  /** The daemon outlives this run. */
  release(): void;
}

export interface ChooseIncusOptions {
  readonly steps: Steps;
  /** The daemon may be released, so it must not end with this process. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

/** The Incus that can be reached and used, else a private one; as root it installs what that takes. */
export async function chooseIncus({ steps, keep, signal }: ChooseIncusOptions): Promise<ChosenIncus> {
  const { found, refused } = await findIncus({ signal });
  for (const { socketPath, reason } of refused) steps.say(`    not ${socketPath}: ${reason}`);
  if (found !== undefined) {
    steps.say(`  using Incus ${found.version} at ${found.socketPath}`);
    const embedded = (await findKeptIncus())?.socketPath === found.socketPath;
    return { socketPath: found.socketPath, embedded, release() {}, async [Symbol.asyncDispose]() {} };
  }
  if (!isRoot())
    throw new BackendUnauthorizedError(
      "there is no Incus that this user can use, and a private one needs root",
      {
        next:
          'run "sudo npm run quickstart"; or, where Incus runs as a service, ' +
          '"sudo usermod --append --groups incus-admin $USER" and log in again',
      },
    );
  await steps.run("no Incus that can be used here; seeing to the tools for a private one", (onProgress) =>
    installTools({ onProgress, signal }),
  );
  const daemon = await steps.run("starting a private Incus daemon, with its state in memory", (onProgress) =>
    startPrivateIncus({ onProgress, signal }),
  );
  let released = false;
  // written down before it is told to stay: nothing else would end it then
  if (keep) await keepIncus(daemon);
  return {
    socketPath: daemon.socketPath,
    embedded: true,
    release() {
      released = true;
      daemon.stay();
    },
    async [Symbol.asyncDispose]() {
      if (released) return;
      if (keep) await endKeptIncus();
      await daemon[Symbol.asyncDispose]();
    },
  };
}
