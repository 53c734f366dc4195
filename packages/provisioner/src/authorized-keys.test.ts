import { describe, expect, test } from "vitest";
import { parseAuthorizedKeys, replaceKeys } from "./authorized-keys.ts";

const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKf ann@host";
const two = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAA";

describe("a public key file", () => {
  test("has a key a line, with or without a comment", () => {
    expect(parseAuthorizedKeys(`# mine\r\n${one}\r\n\n${two}\n`)).toEqual([one, two]);
    expect(parseAuthorizedKeys("")).toEqual([]);
  });

  test.each([
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "ssh-ed25519",
    "ssh-ed25519 not/base64!",
    `command="id" ${one}`,
    `${one}\u001b[2J`,
  ])("%j is none", (text) => {
    expect(() => parseAuthorizedKeys(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("authorized keys", () => {
  test("of others stay, and ours are replaced wherever they stand", () => {
    const first = replaceKeys("ssh-rsa AAAA others", [one]);
    expect(first).toMatch(new RegExp(`^ssh-rsa AAAA others\n#.*\n${one}\n#.*\n$`));
    const moved = `${first}ssh-rsa BBBB later\n`;
    const second = replaceKeys(moved, [two]);
    expect(second).toContain("others\nssh-rsa BBBB later\n");
    expect(second).not.toContain(one);
    expect(second).toContain(two);
    expect(replaceKeys(second, [])).toBe("ssh-rsa AAAA others\nssh-rsa BBBB later\n");
  });

  test("are the same when they are written again", () => {
    const once = replaceKeys("", [one]);
    expect(replaceKeys(once, [one])).toBe(once);
  });
});
