import {
  type CallOptions,
  PixelsError,
  type SandboxClient,
  type SandboxName,
  SandboxNotFoundError,
  SandboxNotRunningError,
} from "@pixels/core";

/** Until when a command works that ends with its sandbox. Disposing it stops the watching. */
export interface SandboxEnd extends Disposable {
  /** Aborts with what has ended it. */
  readonly signal: AbortSignal;
  /** For whoever learns of the end another way. */
  end(reason: unknown): void;
  /** Rejects with the signal's reason. */
  wait(): Promise<never>;
}

/**
 * Ends where the signal aborts, and once the sandbox is stopped or destroyed, with SANDBOX_NOT_RUNNING or SANDBOX_NOT_FOUND. A server that cannot
 * be reached for a while is waited for.
 */
export function followSandbox(
  client: SandboxClient,
  name: SandboxName,
  { signal }: Required<CallOptions>,
): SandboxEnd {
  const controller = new AbortController();
  const end = (reason: unknown): void => controller.abort(reason);
  const interrupt = (): void => end(signal.reason);
  if (signal.aborted) interrupt();
  else signal.addEventListener("abort", interrupt, { once: true });
  const ended = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error));
  });
  // it ends too where nobody waits
  ended.catch(() => {});
  watchForEnd(client, name, { signal: controller.signal }).catch(end);
  return {
    signal: controller.signal,
    end,
    wait: () => ended,
    [Symbol.dispose]() {
      signal.removeEventListener("abort", interrupt);
      end(new Error("nobody watches the sandbox any more"));
    },
  };
}

/** There is no such sandbox, or it does not run: nothing can be done in it until somebody does something about it. */
export function isSandboxEnd(error: unknown): boolean {
  return (
    PixelsError.is(error) && (error.code === "SANDBOX_NOT_FOUND" || error.code === "SANDBOX_NOT_RUNNING")
  );
}

/** Resolves where the backend tells of nothing. */
async function watchForEnd(client: SandboxClient, name: SandboxName, { signal }: CallOptions): Promise<void> {
  try {
    for await (const event of client.watch({ signal })) {
      if (event.kind === "watching" || event.name !== name) continue;
      if (event.kind === "stopped")
        throw new SandboxNotRunningError(`sandbox ${JSON.stringify(name)} was stopped`, {
          next: `start it with: pixels start ${name}`,
        });
      if (event.kind === "deleted")
        throw new SandboxNotFoundError(`sandbox ${JSON.stringify(name)} was destroyed`);
    }
  } catch (error) {
    if (!PixelsError.is(error) || error.code !== "CAPABILITY_UNSUPPORTED") throw error;
  }
}
