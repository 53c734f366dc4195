import {
  allTools,
  ensureImage,
  installTools,
  type PackagedCommand,
  type PrivateIncus,
  type PrivateIncusOptions,
  startPrivateIncus,
} from "@pixels/incus-host";
import { openIncusApi } from "@pixels/incus-backend/rest";

/** The image that every testbed has. */
export const TESTBED_IMAGE = "debian/12";

/** What tests run on this machine themselves. */
const testTools: readonly PackagedCommand[] = [
  { command: "ssh", package: "openssh-client" },
  { command: "python3", package: "python3-minimal" },
  { command: "tmux", package: "tmux" },
];

export interface TestbedOptions extends Pick<PrivateIncusOptions, "poolBytes" | "restartable"> {
  readonly signal?: AbortSignal;
  /** Called at each step that takes time. */
  readonly onProgress?: (phase: string) => void;
}

/** A private daemon with an image, ending with this process. */
export interface Testbed extends PrivateIncus {
  /** Names of the instances that are there now, whoever made them. */
  listInstances(): Promise<readonly string[]>;
}

/** Starts a daemon that has the image `debian/12`; installs tools and builds the image first where they are missing. Needs root. */
export async function startTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  await installTools({ ...options, tools: [...allTools, ...testTools] });
  const daemon = await startPrivateIncus(options);
  try {
    await using api = openIncusApi({ socketPath: daemon.socketPath });
    await ensureImage(api, TESTBED_IMAGE, options);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...daemon,
    async listInstances() {
      await using api = openIncusApi({ socketPath: daemon.socketPath });
      return (await api.instances.list()).map(({ name }) => name);
    },
  };
}
