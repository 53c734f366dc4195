import { startTestbed, type Testbed } from "./testbed.ts";

interface Shared {
  users: number;
  testbed: Promise<Testbed>;
}

/** Each vitest project loads its own copy of this module; what they share hangs on the process. */
const key = Symbol.for("pixels.testbed");
const holder = globalThis as { [key]?: Shared | undefined };

export interface TestbedLease {
  readonly testbed: Testbed;
  /** Ends the daemon with the last user, and throws where a test left an instance. */
  release(): Promise<void>;
}

/** The one daemon of this process, started for the first user. */
export async function borrowTestbed(onProgress: (phase: string) => void): Promise<TestbedLease> {
  const shared = (holder[key] ??= { users: 0, testbed: startTestbed({ onProgress }) });
  shared.users++;
  const testbed = await shared.testbed;
  return {
    testbed,
    async release() {
      shared.users--;
      if (shared.users > 0) return;
      holder[key] = undefined;
      const left = await testbed.listInstances();
      await testbed[Symbol.asyncDispose]();
      if (left.length > 0) throw new Error(`tests left instances behind: ${left.join(", ")}`);
    },
  };
}
