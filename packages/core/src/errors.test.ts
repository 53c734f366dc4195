import { describe, expect, test, vi } from "vitest";
import { ConflictError, PixelsError, SandboxNotFoundError } from "./errors.ts";
import { CommandFailedError, expectSuccess, TimeoutError } from "./exec-errors.ts";
import type { ExecResult } from "./exec.ts";

function makeResult(exitCode: number, stderr: string): ExecResult {
  const bytes = Buffer.from(stderr);
  return {
    command: ["make", "all"],
    status: { exitCode },
    stdoutBytes: Buffer.alloc(0),
    stderrBytes: bytes,
    stdout: "",
    stderr,
    truncated: false,
    droppedBytes: { stdout: 0, stderr: 0 },
    durationMs: 1,
  };
}

describe("an error of pixels", () => {
  test("is known by its brand, not by its class", async () => {
    vi.resetModules();
    const copy = await import("./errors.ts");
    expect(copy.PixelsError).not.toBe(PixelsError);
    const error = new copy.SandboxNotFoundError("gone");
    expect(error).not.toBeInstanceOf(PixelsError);
    expect(PixelsError.is(error)).toBe(true);
    expect(copy.PixelsError.is(new SandboxNotFoundError("gone"))).toBe(true);
  });

  test.each([new Error("other"), undefined, null, "text", {}, { code: "SANDBOX_NOT_FOUND" }, () => {}])(
    "is not %o",
    (value) => {
      expect(PixelsError.is(value)).toBe(false);
    },
  );

  test("has its code, its name, and what was given", () => {
    const cause = new Error("below");
    const error = new ConflictError("changed", { cause, context: { sandbox: "dev" }, next: "look again" });
    expect(error).toMatchObject({
      code: "CONFLICT",
      name: "ConflictError",
      message: "changed",
      next: "look again",
      retryable: true,
    });
    expect(error.cause).toBe(cause);
    expect(error.context).toEqual({ sandbox: "dev" });
  });

  test("has no cause, no next step and an empty context unless given", () => {
    const error = new SandboxNotFoundError("gone");
    expect("cause" in error).toBe(false);
    expect(error).toMatchObject({ next: undefined, context: {}, retryable: false });
  });
});

describe("expectSuccess", () => {
  test("returns a result whose exit code is 0", () => {
    const result = makeResult(0, "a warning");
    expect(expectSuccess(result)).toBe(result);
  });

  test("throws COMMAND_FAILED with the result and the end of stderr", () => {
    const result = makeResult(2, `${"x".repeat(600)} the reason\n`);
    const act = (): ExecResult => expectSuccess(result);
    expect(act).toThrow(CommandFailedError);
    expect(act).toThrow(
      expect.objectContaining({ code: "COMMAND_FAILED", result, context: { exitCode: 2 } }),
    );
    expect(act).toThrow(/^"make" ended with exit code 2: x{489} the reason$/);
    expect(() => expectSuccess(makeResult(1, ""))).toThrow(/^"make" ended with exit code 1$/);
  });
});

test("a TimeoutError may carry a result", () => {
  const result = makeResult(137, "");
  expect(new TimeoutError("too long", { result })).toMatchObject({
    code: "TIMEOUT",
    result,
    retryable: true,
  });
  expect(new TimeoutError("too long").result).toBeUndefined();
});
