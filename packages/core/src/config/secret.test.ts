import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

test("a secret gives its value to reveal() alone", () => {
  const secret = new Secret("hunter2");
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    format("%s %o %j %O", secret, secret, secret, secret),
    Object.keys(secret).join(),
    JSON.stringify(Object.entries(secret)),
  ].join("\n");
  expect(shown).toContain("[redacted]");
  expect(shown).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});
