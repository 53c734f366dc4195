import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "@pixels/core";
import { describe, expect, test } from "vitest";
import { exitCodes } from "./exit-codes.ts";
import { nextSteps } from "./next-steps.ts";

interface DocumentedError {
  readonly code: string;
  readonly next: string;
  readonly retryable: boolean;
  readonly exitCode: number;
}

function readDocumentedErrors(): DocumentedError[] {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/errors.md"), "utf8");
  const rows: DocumentedError[] = [];
  for (const line of text.split("\n")) {
    const [code, , next, retry, exitCode] = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (code === undefined || exitCode === undefined || !/^`[A-Z_]+`$/.test(code)) continue;
    rows.push({
      code: code.slice(1, -1),
      next: next ?? "",
      retryable: retry === "yes",
      exitCode: Number(exitCode),
    });
  }
  return rows;
}

/** The error classes that core exports, by code. */
function readErrorClasses(): Map<string, core.PixelsError> {
  const errors = new Map<string, core.PixelsError>();
  for (const value of Object.values(core)) {
    if (typeof value !== "function" || !(value.prototype instanceof core.PixelsError)) continue;
    const error = Reflect.construct(value, ["message", {}]) as core.PixelsError;
    errors.set(error.code, error);
  }
  return errors;
}

describe("docs/errors.md", () => {
  const documented = readDocumentedErrors();

  test("has a row for every code, in the order of the codes", () => {
    expect(documented.map(({ code }) => code)).toEqual(core.pixelsErrorCodes);
  });

  test("tells the exit code that the commands use", () => {
    expect(Object.fromEntries(documented.map(({ code, exitCode }) => [code, exitCode]))).toEqual(exitCodes);
  });

  test("tells the next step that the commands tell", () => {
    expect(Object.fromEntries(documented.map(({ code, next }) => [code, next]))).toEqual(nextSteps);
  });

  test("tells which errors may pass by themselves", () => {
    const errors = readErrorClasses();
    expect(documented.map(({ code, retryable }) => [code, retryable])).toEqual(
      core.pixelsErrorCodes.map((code) => [code, errors.get(code)?.retryable]),
    );
  });
});

test("every code has an exit code of its own, from 10 up and below those that exec and shells use", () => {
  const numbers = Object.values(exitCodes);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...numbers)).toBeLessThan(124);
});
