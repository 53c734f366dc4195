import { BackendFailedError, InvalidArgumentError } from "@pixels/core";
import { describe, expect, test } from "vitest";
import { renderFailure, toFailure, UsageError } from "./failure.ts";
import { InterruptedError } from "./interrupts.ts";
import { nextSteps } from "./next-steps.ts";

const plain = { json: false, verbose: false };

describe("toFailure", () => {
  test("an error's own next step wins over the one of its code", () => {
    expect(toFailure(new InvalidArgumentError("no", { next: "do this" })).next).toBe("do this");
    expect(toFailure(new InvalidArgumentError("no")).next).toBe(nextSteps.INVALID_ARGUMENT);
  });

  test("what is no error of ours is told as a mistake of ours", () => {
    expect(toFailure(new TypeError("x is not a function"))).toMatchObject({ code: "INTERNAL", exitCode: 1 });
    expect(toFailure("a text")).toMatchObject({ code: "INTERNAL", exitCode: 1 });
  });

  test("usage and interruption have the exit codes of shells", () => {
    expect(toFailure(new UsageError("no", { next: "so" })).exitCode).toBe(2);
    expect(toFailure(new InterruptedError("INT")).exitCode).toBe(130);
    expect(toFailure(new InterruptedError("TERM")).exitCode).toBe(143);
  });
});

describe("renderFailure", () => {
  const error = new BackendFailedError("first line\nsecond line", {
    cause: new Error("the reason"),
    context: { sandbox: "dev" },
    next: "look",
  });

  test("is one line, whatever the server said", () => {
    expect(renderFailure(error, plain)).toBe("pixels: first line second line; look\n");
  });

  test("has the stack, the causes and the context with verbose alone", () => {
    const text = renderFailure(error, { ...plain, verbose: true });
    expect(text).toContain("caused by: Error: the reason");
    expect(text).toContain('context: {"sandbox":"dev"}');
    expect(text).toMatch(/^ {4}at /m);
  });

  test("is one document with json", () => {
    expect(JSON.parse(renderFailure(error, { json: true, verbose: false }))).toEqual({
      schema: 1,
      error: { code: "BACKEND_FAILED", message: "first line\nsecond line", next: "look" },
    });
  });

  test("ends at a cause that comes back to its beginning", () => {
    const looping = new Error("loop");
    looping.cause = looping;
    expect(renderFailure(looping, { ...plain, verbose: true }).match(/caused by/g)).toBeNull();
  });
});
