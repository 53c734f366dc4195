import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromInstanceName, MAX_INSTANCE_NAME_LENGTH, parseSandboxName, toInstanceName } from "./names.ts";

const refusal = expect.objectContaining({ code: "INVALID_ARGUMENT" });
const longest = "a".repeat(MAX_INSTANCE_NAME_LENGTH - "px-".length);

const anyName = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 6 })
  .map((parts) => `n${parts.join("-")}`.slice(0, longest.length).replace(/-$/, ""));

describe("a sandbox name", () => {
  test("is taken as it is, and with one px- in front", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(parseSandboxName(name)).toBe(name);
        expect(parseSandboxName(`px-${name}`)).toBe(name);
      }),
    );
  });

  test("may have sixty characters", () => {
    expect(parseSandboxName(longest)).toBe(longest);
    expect(parseSandboxName(`px-${longest}`)).toBe(longest);
    expect(() => parseSandboxName(`${longest}a`)).toThrow(refusal);
  });

  test.each(["a", "a1", "dev", "my-box2", "base-x", "sys", "system", "px", "pxa", "p-x"])(
    "may be %j",
    (name) => {
      expect(parseSandboxName(name)).toBe(name);
    },
  );

  test.each([
    "",
    "px-",
    "-a",
    "a-",
    "a--b",
    "1a",
    "A",
    "aB",
    "a_b",
    "a.b",
    "a b",
    "a/b",
    "..",
    "a\n",
    "\na",
    "a\0",
    "ä",
    "a?b",
    "px-px-a",
    "px-px-",
    "sys-a",
    "px-sys-a",
    "px--a",
  ])("is not %j", (text) => {
    expect(() => parseSandboxName(text)).toThrow(refusal);
  });

  test("never lets through what a URL, a shell or a path reads otherwise", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string({ unit: fc.constantFrom("a", "-", "1", "p", "x", "/", ".") }),
        ),
        (text) => {
          let name: string;
          try {
            name = parseSandboxName(text);
          } catch (error) {
            expect(error).toEqual(refusal);
            return;
          }
          expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
          expect(`px-${name}`.length).toBeLessThanOrEqual(MAX_INSTANCE_NAME_LENGTH);
          expect(encodeURIComponent(name)).toBe(name);
        },
      ),
    );
  });

  test("is repeated in the refusal, with what is wrong", () => {
    expect(() => parseSandboxName("a_b")).toThrow(/"a_b" is not a sandbox name: /);
  });
});

describe("the name of an instance", () => {
  test("leads back to the sandbox", () => {
    fc.assert(
      fc.property(anyName, (text) => {
        const name = parseSandboxName(text);
        expect(fromInstanceName(toInstanceName(name))).toBe(name);
      }),
    );
  });

  test.each(["a", "px-sys-gateway", "px-", "px-px-a", "px-A", "xpx-a", ""])(
    "%j belongs to no sandbox",
    (instance) => {
      expect(fromInstanceName(instance)).toBeUndefined();
    },
  );
});
