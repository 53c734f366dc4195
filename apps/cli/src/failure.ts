import { inspect } from "node:util";
import { PixelsError } from "@pixels/core";
import {
  EXIT_INTERNAL,
  EXIT_OUTPUT_CLOSED,
  EXIT_PORT_CLOSED,
  EXIT_PORT_UNAVAILABLE,
  EXIT_USAGE,
  exitCodes,
} from "./exit-codes.ts";
import { InterruptedError } from "./interrupts.ts";
import { nextSteps } from "./next-steps.ts";
import { toDocument } from "./output.ts";

/** A command line that says what cannot be; exit code 2. `next` is what to do about it. */
export class UsageError extends Error {
  readonly next: string;

  constructor(message: string, options: { readonly next: string }) {
    super(message);
    this.name = new.target.name;
    this.next = options.next;
  }
}

/** A port that cannot be used: nothing listens on it in the sandbox, or it cannot be listened on here. `next` is what to do about it. */
export class PortError extends Error {
  readonly code: keyof typeof portExitCodes;
  readonly next: string;

  constructor(
    message: string,
    options: { readonly code: PortError["code"]; readonly next: string; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.next = options.next;
  }
}

const portExitCodes = { PORT_CLOSED: EXIT_PORT_CLOSED, PORT_UNAVAILABLE: EXIT_PORT_UNAVAILABLE } as const;

/** Whoever reads our output has gone: there is nobody to tell anything. */
export class OutputClosedError extends Error {}

/** Any failure as a command shows it. */
export interface Failure {
  /** One of the library's codes, or one of the command line alone: docs/errors.md has both. */
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly exitCode: number;
}

/** Puts any error in the words of the command line. */
export function toFailure(error: unknown): Failure {
  if (PixelsError.is(error))
    return {
      code: error.code,
      message: error.message,
      next: error.next ?? nextSteps[error.code],
      exitCode: exitCodes[error.code],
    };
  if (error instanceof UsageError)
    return { code: "USAGE", message: error.message, next: error.next, exitCode: EXIT_USAGE };
  if (error instanceof PortError)
    return {
      code: error.code,
      message: error.message,
      next: error.next,
      exitCode: portExitCodes[error.code],
    };
  if (error instanceof InterruptedError)
    return {
      code: "INTERRUPTED",
      message: error.message,
      next: "run it again when you are ready",
      exitCode: error.exitCode,
    };
  return {
    code: "INTERNAL",
    message: `unexpected: ${error instanceof Error ? error.message : inspect(error)}`,
    next: "run it again with -v and report what it prints",
    exitCode: error instanceof OutputClosedError ? EXIT_OUTPUT_CLOSED : EXIT_INTERNAL,
  };
}

export interface RenderOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Keys to put beside `error` in a JSON document. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A failure as it goes to stderr: one line, or one document; with `verbose` the stack and the chain of causes too. */
export function renderFailure(error: unknown, { json, verbose, extra }: RenderOptions): string {
  const { code, message, next } = toFailure(error);
  const trace = verbose && code !== "USAGE" ? describeCauses(error) : undefined;
  if (json) return toDocument({ error: { code, message, next, trace }, ...extra });
  return `pixels: ${toLine(message)}; ${toLine(next)}\n${trace === undefined ? "" : `${trace}\n`}`;
}

/** What a server said may have lines of its own. */
function toLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, " ");
}

function describeCauses(error: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  for (let current = error; current !== undefined && !seen.has(current);) {
    seen.add(current);
    const text = current instanceof Error ? (current.stack ?? current.message) : inspect(current);
    parts.push(parts.length === 0 ? text : `caused by: ${text}`);
    if (PixelsError.is(current) && Object.keys(current.context).length > 0)
      parts.push(`  context: ${JSON.stringify(current.context)}`);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join("\n");
}
