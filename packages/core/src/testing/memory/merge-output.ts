import type { OutputChunk } from "../../exec.ts";

export type StreamName = OutputChunk["stream"];

/** One stream of a command; what it returns says how the command ended. */
export interface OutputSource {
  readonly stream: StreamName;
  readonly chunks: AsyncGenerator<Uint8Array, string | undefined>;
  /** Of `chunks`. Asked for at once: Node has a child's stream that nobody reads run dry when the child exits. */
  readonly first: Promise<IteratorResult<Uint8Array, string | undefined>>;
}

/**
 * Both streams of a command as one, each at the reader's pace; `onEnd` gets what each source returned, once all have ended. A reader
 * that stops early has the rest read and discarded.
 */
export async function* mergeOutput(
  sources: readonly OutputSource[],
  onEnd: (returned: readonly (string | undefined)[]) => void,
): AsyncGenerator<OutputChunk> {
  const returned: (string | undefined)[] = [];
  const pending = new Map(sources.map((source) => [source, label(source, source.first)]));
  const take = async (): Promise<OutputChunk | undefined> => {
    const { source, result } = await Promise.race(pending.values());
    if (result.done !== true) {
      pending.set(source, label(source, source.chunks.next()));
      return { stream: source.stream, data: result.value };
    }
    pending.delete(source);
    returned.push(result.value);
    if (pending.size === 0) onEnd(returned);
    return undefined;
  };
  try {
    while (pending.size > 0) {
      const chunk = await take();
      if (chunk !== undefined) yield chunk;
    }
  } finally {
    void (async () => {
      while (pending.size > 0) await take();
    })();
  }
}

async function label(source: OutputSource, next: OutputSource["first"]) {
  return { source, result: await next };
}
