import type { Command } from "./command.ts";
import type { CallOptions } from "./options.ts";
import type { ProcessSignal } from "./process-signals.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface SpawnOptions extends CallOptions {
  /** Absolute path; a missing one rejects with WORKING_DIRECTORY_NOT_FOUND. Default: the account's home. */
  readonly cwd?: string;
  /** Added to a login's environment. Never shows in a process list of the host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Run as root instead of the sandbox's account. Default false. */
  readonly root?: boolean;
  /** Give it a terminal of this size: its output is then one stream, "terminal". */
  readonly terminal?: TerminalSize;
}

export interface ExecOptions extends SpawnOptions {
  /** What the command reads; nothing by default. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Past these milliseconds every process of the command is killed and the call rejects with a `TimeoutError`. Default: never. */
  readonly timeoutMs?: number;
  /** Bytes kept of each stream; what comes after them is counted and dropped. Default 1 MiB. */
  readonly maxOutputBytes?: number;
}

export interface ExitStatus {
  /** As a shell counts: 128+n for signal n, 127 program not found, 126 not executable. */
  readonly exitCode: number;
  /** The signal that ended it, only where the backend knows. */
  readonly signal?: ProcessSignal;
}

export interface ExecResult {
  readonly command: Command;
  readonly status: ExitStatus;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;
  /** `stdoutBytes` as UTF-8, decoded when first asked for. */
  readonly stdout: string;
  readonly stderr: string;
  /** Some output was dropped because of `maxOutputBytes`. */
  readonly truncated: boolean;
  readonly droppedBytes: { readonly stdout: number; readonly stderr: number };
  readonly durationMs: number;
}

export interface OutputChunk {
  readonly stream: "stdout" | "stderr" | "terminal";
  readonly data: Uint8Array;
}

/** A command that runs. Disposing it kills it with all its descendants if it still runs. */
export interface SandboxProcess extends AsyncDisposable {
  readonly id: string;
  /**
   * Once iterated, the reader sets the pace of the command. Can be iterated once. The order between the streams is undefined.
   * Where nobody iterates it, `wait()` discards it.
   */
  readonly output: AsyncIterable<OutputChunk>;
  /** Resolves when the data is on its way; input for a command that has ended is dropped. */
  write(data: string | Uint8Array, options?: CallOptions): Promise<void>;
  closeStdin(options?: CallOptions): Promise<void>;
  resize(size: TerminalSize, options?: CallOptions): Promise<void>;
  /** Signals every process of the command. KILL (the default) resolves once none is left. */
  kill(signal?: ProcessSignal, options?: CallOptions): Promise<void>;
  /** Resolves when the command has ended; may be called often. Rejects with CONNECTION_LOST where the end cannot be known. */
  wait(options?: CallOptions): Promise<ExitStatus>;
}
