import type { ExecResult } from "./exec.ts";
import { PixelsError, type PixelsErrorOptions } from "./errors.ts";

/** A limit of time has passed. After `exec`, `result` has what the command wrote until then. */
export class TimeoutError extends PixelsError {
  readonly code = "TIMEOUT";
  override readonly retryable = true;
  readonly result: ExecResult | undefined;

  constructor(message: string, options: PixelsErrorOptions & { readonly result?: ExecResult } = {}) {
    super(message, options);
    this.result = options.result;
  }
}

/** Thrown by `expectSuccess` alone: the command ended with another code than 0. */
export class CommandFailedError extends PixelsError {
  readonly code = "COMMAND_FAILED";
  readonly result: ExecResult;

  constructor(message: string, options: PixelsErrorOptions & { readonly result: ExecResult }) {
    super(message, options);
    this.result = options.result;
  }
}

/** Returns the result where the command ended with 0, and throws COMMAND_FAILED with the end of its stderr otherwise. */
export function expectSuccess(result: ExecResult): ExecResult {
  const { exitCode } = result.status;
  if (exitCode === 0) return result;
  const said = result.stderr.trim().slice(-500);
  throw new CommandFailedError(
    `${JSON.stringify(result.command[0])} ended with exit code ${exitCode}${said === "" ? "" : `: ${said}`}`,
    { result, context: { exitCode } },
  );
}
