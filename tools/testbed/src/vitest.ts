import { PixelsError } from "@pixels/core";
import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import { borrowTestbed } from "./shared-testbed.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the private daemon's socket. */
    readonly incusSocket: string;
    /** The private daemon's pid: `nsenter --target <pid> --net` is in its network. */
    readonly incusPid: number;
  }
}

/** Gives a project's tests the run's private daemon; a run on a machine that cannot have one fails. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const lease = await borrowTestbed((phase) => process.stderr.write(`testbed: ${phase}\n`));
    const provided: ProvidedContext = {
      incusSocket: lease.testbed.socketPath,
      incusPid: lease.testbed.daemon.pid,
    };
    project.provide("incusSocket", provided.incusSocket);
    project.provide("incusPid", provided.incusPid);
    return () => lease.release();
  } catch (error) {
    const next = PixelsError.is(error) && error.next !== undefined ? `; ${error.next}` : "";
    throw new Error(
      `no Incus daemon to test on: ${error instanceof Error ? error.message : String(error)}${next}`,
      {
        cause: error,
      },
    );
  }
}
