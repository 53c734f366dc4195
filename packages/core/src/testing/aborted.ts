import { expect } from "vitest";
import type { WaitOptions } from "../options.ts";
import type { SandboxSource } from "../sandbox.ts";
import type { ScenarioContext } from "./scenario.ts";

/** When to abort: at the nth phase that is told of, or so many milliseconds after the call. */
type Moment = { readonly phase: number } | { readonly afterMs: number };

const momentsMs = [0, 15, 60, 150, 300, 600];
const mostPhases = 12;

/** Makes the call once for each moment at which it can be aborted; `attempt` gives true where it was over before the moment came. */
async function atEveryMoment(attempt: (moment: Moment) => Promise<boolean>): Promise<void> {
  let phase = 1;
  while (!(await attempt({ phase }))) expect(++phase).toBeLessThan(mostPhases);
  for (const afterMs of momentsMs) await attempt({ afterMs });
}

/** True where the call was over before the moment came; otherwise it must reject with the reason of the abort. */
async function abortAt(moment: Moment, call: (options: WaitOptions) => Promise<void>): Promise<boolean> {
  const controller = new AbortController();
  const reason = new Error("enough");
  const abort = (): void => controller.abort(reason);
  let phases = 0;
  const onProgress = (): void => {
    phases++;
    if ("phase" in moment && phases === moment.phase) abort();
  };
  const timer = "afterMs" in moment ? setTimeout(abort, moment.afterMs) : undefined;
  try {
    await call({ signal: controller.signal, onProgress });
    return true;
  } catch (error) {
    expect(error).toBe(reason);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Creates sandboxes and aborts that at every moment: none of them may be left. */
export async function abortCreates(context: ScenarioContext, source: SandboxSource): Promise<void> {
  await atEveryMoment(async (moment) => {
    const name = context.newName();
    const done = await abortAt(moment, async (options) => {
      const sandbox = await context.client.create({ name, source }, options);
      await sandbox.destroy();
    });
    const left: string[] = [];
    for await (const info of context.client.list()) if (info.name === name) left.push(name);
    expect(left).toEqual([]);
    return done;
  });
}

/** Makes a call on a sandbox that stays, and aborts it at every moment. `check` is called after each. */
export async function abortCalls(
  call: (options: WaitOptions) => Promise<void>,
  check: () => Promise<void>,
): Promise<void> {
  await atEveryMoment(async (moment) => {
    const done = await abortAt(moment, call);
    await check();
    return done;
  });
}
