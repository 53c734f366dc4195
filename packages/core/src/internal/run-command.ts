import type { Command } from "../command.ts";
import { TimeoutError } from "../exec-errors.ts";
import type { ExecOptions, ExecResult, ExitStatus, SandboxProcess, SpawnOptions } from "../exec.ts";
import { processSignals } from "../process-signals.ts";
import { OutputCollector } from "./collect-output.ts";
import { openDeadline } from "./deadline.ts";
import { Ending, OVER } from "./ending.ts";

const DEFAULT_MAX_OUTPUT_BYTES = 1024 * 1024;
const killedStatus: ExitStatus = { exitCode: 128 + processSignals.KILL, signal: "KILL" };

/** exec = spawn + collect: the same for every backend. */
export async function runCommand(
  spawn: (options: SpawnOptions) => Promise<SandboxProcess>,
  command: Command,
  options: ExecOptions,
): Promise<ExecResult> {
  const { stdin, timeoutMs, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES, signal, ...spawnOptions } = options;
  const startedAt = performance.now();
  const collector = new OutputCollector(maxOutputBytes);
  const toResult = (status: ExitStatus): ExecResult =>
    createExecResult(command, status, collector, performance.now() - startedAt);
  using deadline = openDeadline({ signal, timeoutMs, what: `the command ${JSON.stringify(command[0])}` });
  try {
    await using process = await spawn({ ...spawnOptions, signal: deadline.signal });
    const [status] = await Promise.all([
      process.wait(),
      collect(process, collector),
      feed(process, stdin, { signal: deadline.signal }),
    ]);
    return toResult(status);
  } catch (error) {
    const timedOut = deadline.timedOut();
    if (timedOut === undefined || error !== timedOut) throw error;
    throw new TimeoutError(`${timedOut.message} and was killed`, {
      context: timedOut.context,
      next: "give it more time, or run it as a job",
      result: toResult(killedStatus),
    });
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

async function collect(process: SandboxProcess, collector: OutputCollector): Promise<void> {
  for await (const chunk of process.output) collector.add(chunk);
}

/** Hands stdin over until it ends or the command does; a source that never ends does not hold the call up. */
async function feed(
  process: SandboxProcess,
  stdin: ExecOptions["stdin"],
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) {
    if (stdin !== undefined && stdin.length > 0) await process.write(stdin, { signal });
    await process.closeStdin({ signal });
    return;
  }
  const ending = new Ending(process.wait());
  const source = stdin[Symbol.asyncIterator]();
  for (;;) {
    const next = await ending.race(source.next());
    if (next === OVER) {
      // not awaited: a source that waits for its next piece would not answer
      void Promise.resolve(source.return?.()).catch(() => {});
      return;
    }
    if (next.done === true) break;
    await process.write(next.value, { signal });
  }
  await process.closeStdin({ signal });
}

function createExecResult(
  command: Command,
  status: ExitStatus,
  { stdout, stderr }: OutputCollector,
  durationMs: number,
): ExecResult {
  const stdoutBytes = stdout.toBytes();
  const stderrBytes = stderr.toBytes();
  let stdoutText: string | undefined;
  let stderrText: string | undefined;
  return {
    command,
    status,
    stdoutBytes,
    stderrBytes,
    get stdout() {
      return (stdoutText ??= decode(stdoutBytes));
    },
    get stderr() {
      return (stderrText ??= decode(stderrBytes));
    },
    truncated: stdout.droppedBytes + stderr.droppedBytes > 0,
    droppedBytes: { stdout: stdout.droppedBytes, stderr: stderr.droppedBytes },
    durationMs,
  };
}
