import { expect, test } from "vitest";
import { parseOsRelease } from "./os-release.ts";

test("values are read with and without quotes", () => {
  const text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_CODENAME='bookworm'\n";
  expect(parseOsRelease(text)).toEqual({
    id: "debian",
    codename: "bookworm",
    prettyName: "Debian GNU/Linux 12 (bookworm)",
  });
});

test("a release without a code name has none", () => {
  expect(parseOsRelease("ID=arch\n")).toEqual({ id: "arch", codename: undefined, prettyName: "arch" });
});
